package bench

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/seed"
)

// The CRM's own pages are measured in one workspace more, with much in it.
var crmCounts = seed.Counts{Customers: 20_000, Contacts: 100_000, Leads: 20_000, Deals: 10_000, Projects: 2_000, Tasks: 20_000,
	Notes: 20_000}

// timelineEvents is how much happened to the record whose timeline is measured.
const timelineEvents = 1000

func crmTenant() int { return *tenants + 1 }

func (r *run) loadCRM(su *pgx.Conn, user uuid.UUID) {
	ctx, n := r.t.Context(), crmTenant()
	r.tenant(su, n, user)
	start := time.Now()
	if err := seed.Records(ctx, r.db, fmt.Sprintf("bench%d", n), crmCounts, nil); err != nil {
		r.t.Error(err)
		return
	}
	schema := fmt.Sprintf("t_bench%d", n)
	for _, sql := range []string{
		`set search_path = ` + schema + `, ext`,
		fmt.Sprintf(`update customers set id = '%s' where id = (select c.id from customers c where not exists (select from contacts
			where customer_id = c.id) and not exists (select from deals where customer_id = c.id)
			and not exists (select from projects where customer_id = c.id) limit 1)`, recordID(2)),
		fmt.Sprintf(`insert into notes (id, subject_type, subject_id, body, author_id, created_at) select gen_random_uuid(), 'customer', '%s',
			'Note ' || g, '%s', now() - g * interval '2 hours' from generate_series(1, %d) g`, recordID(2), memberUUID(n), timelineEvents/2),
		fmt.Sprintf(`do $$ begin for i in 1..%d loop update customers set phone = '+39065550' || (1000 + i) where id = '%s'; end loop; end $$`,
			timelineEvents/2, recordID(2)),
		`vacuum analyze customers`, `vacuum analyze contacts`, `vacuum analyze leads`, `vacuum analyze deals`, `vacuum analyze projects`,
		`vacuum analyze tasks`, `vacuum analyze notes`, `vacuum analyze changes`,
		`reset search_path`,
	} {
		if _, err := su.Exec(ctx, sql); err != nil {
			r.t.Errorf("%s: %v", sql, err)
			return
		}
	}
	r.t.Logf("loaded %d records into one workspace in %s", crmCounts.Total(), time.Since(start).Round(time.Second))
}

// crm measures pages of the full workspace, one client after the other: what
// one person waits for. The aims are those of the issue.
func (r *run) crm() {
	searches := []string{"/search?q=anna", "/search?q=smith+ltd", "/search?q=jo", "/search?q=call+about", "/search?q=example.com",
		"/search?q=group", "/search?q=m%C3%BCl", "/search?q=van+der", "/search?q=zzzz", "/search?q=willams", "/search?q=jonhson",
		"/search?q=logistcs"}
	customer := recordID(2).String()
	for _, m := range []struct {
		name    string
		aim     string
		paths   []string
		partial bool
	}{
		{"board of 10,000 deals", "aim: 50 ms", []string{"/deals"}, false},
		{"search, 100,000 contacts", "aim: p95 50 ms", searches, true},
		{"timeline of 1,000 events", "", []string{"/customers/" + customer + "/timeline"}, true},
		{"record with that timeline", "", []string{"/customers/" + customer}, false},
		{"dashboard", "", []string{"/"}, false},
		{"my day", "", []string{"/tasks?layout=day"}, false},
	} {
		var took []time.Duration
		slowest, path := time.Duration(0), ""
		for _, p := range m.paths {
			mine := r.ask(p, m.partial, 3*time.Second/time.Duration(len(m.paths)))
			slices.Sort(mine)
			if median := mine[len(mine)/2]; median > slowest {
				slowest, path = median, p
			}
			rand.Shuffle(len(mine), func(i, j int) { mine[i], mine[j] = mine[j], mine[i] })
			took = append(took, mine[:40]...) // as many of each
		}
		slices.Sort(took)
		ms := func(q float64) float64 { return float64(took[int(q*float64(len(took)-1))].Microseconds()) / 1000 }
		line := fmt.Sprintf("%-26s p50 %.1f ms, p95 %.1f ms, p99 %.1f ms  %s", m.name, ms(0.5), ms(0.95), ms(0.99), m.aim)
		if len(m.paths) > 1 {
			line += fmt.Sprintf(", slowest %s: p50 %.1f ms", path, float64(slowest.Microseconds())/1000)
		}
		r.t.Log(line)
	}
}

func (r *run) ask(path string, partial bool, d time.Duration) (took []time.Duration) {
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for end, i := time.Now().Add(d), 0; time.Now().Before(end) || i < 50; i++ {
		req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, r.base.String()+path, nil)
		if err != nil {
			r.t.Fatal(err)
		}
		req.Host = fmt.Sprintf("bench%d.%s", crmTenant(), r.base.Host)
		req.Header.Set("Cookie", cookie(crmTenant()))
		if partial {
			req.Header.Set("HX-Request", "true")
		}
		start := time.Now()
		res, err := client.Do(req)
		if err != nil {
			r.t.Fatal(err)
		}
		body := new(strings.Builder)
		_, err = io.Copy(body, res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK {
			r.t.Fatalf("%s: %d %v\n%s", path, res.StatusCode, err, body)
		}
		if i >= 10 { // the first ones warm up
			took = append(took, time.Since(start))
		}
	}
	return took
}
