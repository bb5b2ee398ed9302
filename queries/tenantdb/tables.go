package tenantdb

import (
	"math"
	"regexp"
)

// Tables is a set of a tenant schema's tables.
type Tables uint64

// AllTables are all of them.
const AllTables Tables = math.MaxUint64

// relations are the tables with how many relations each is: itself and its indexes. A new
// table or index is noted here: TestTables says what is missing.
var relations = []struct {
	table string
	n     int
}{
	{"audit", 5}, {"changes", 7}, {"contacts", 12}, {"customers", 15}, {"deals", 19}, {"field_definitions", 3}, {"followers", 2},
	{"leads", 20}, {"members", 4}, {"notes", 6}, {"notifications", 7}, {"pipelines", 2},
	{"projects", 18}, {"record_counts", 2}, {"stages", 3}, {"taggings", 3}, {"tags", 4}, {"tasks", 24},
}

// Relations is how many relations the tables are, which is what a backend that learns of them
// keeps for good.
func (t Tables) Relations() (n int) {
	for i, r := range relations {
		if t&(1<<i) != 0 {
			n += r.n
		}
	}
	return n
}

var word = regexp.MustCompile(`[a-z_]+`)

// TablesIn are those that a statement names.
func TablesIn(sql string) (t Tables) {
	for _, w := range word.FindAllString(sql, -1) {
		for i, r := range relations {
			if r.table == w {
				t |= 1 << i
			}
		}
	}
	return t
}
