package tenantdb

// ListSQL is the query of a page, for tests that look at its plan.
func ListSQL(k Kind, f Filter, p Page) (string, []any, error) {
	return lists[k].query(lists[k].conditions(f), p)
}

// ListSorts are the fields that a kind is sorted by.
func ListSorts(k Kind) (fields []string) {
	for f := range lists[k].sorts {
		fields = append(fields, f)
	}
	return fields
}
