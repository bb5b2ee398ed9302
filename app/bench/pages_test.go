package bench

import (
	crand "crypto/rand"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shirou/gopsutil/v4/process"
)

// asked is what is measured: a page, or a write.
type asked struct {
	name, path string
	form       url.Values // what is posted; nil for a page
	tenant     int        // 0 for those of the run
}

func (r *run) asked() []asked {
	crm, customer := crmTenant(), "/customers/"+recordID(2).String()
	return []asked{
		{name: "customers list", path: "/customers"},
		{name: "customer page", path: "/customers/" + recordID(1).String()},
		{name: "dashboard", path: "/", tenant: crm},
		{name: "board", path: "/deals", tenant: crm},
		{name: "record, long timeline", path: customer, tenant: crm},
		{name: "contacts list", path: "/contacts", tenant: crm},
		{name: "create", path: "/customers", form: url.Values{"city": {"Graz"}}, tenant: crm},
	}
}

// pages measures each page, in turn with pgbench and with the other build, so that all
// meet the same machine.
func (r *run) pages(ours, other *server) {
	for _, a := range r.asked() {
		for _, n := range slices.Compact([]int{1, *tenants}) {
			if a.tenant != 0 && n > 1 {
				continue
			}
			r.page(a, n, ours, other)
		}
	}
}

const turns = 3

func (r *run) page(a asked, n int, ours, other *server) {
	var mine, theirs, bench []measured
	var in inside
	if a.form == nil {
		in = r.look(a.path, max(a.tenant, 1))
	}
	for range turns {
		mine = append(mine, r.rate(ours, a, n, *duration/turns))
		if other != nil {
			theirs = append(theirs, r.rate(other, a, n, *duration/turns))
		}
		if a.form == nil && a.tenant == 0 {
			if b, ok := r.pgbench(in.script, n, *duration/turns); ok {
				bench = append(bench, b)
			}
		}
	}
	m := mean(mine)
	line := fmt.Sprintf("%-21s %5d workspaces: %6.0f/s, p50 %.2f ms, p99 %.2f ms, ours %.2f ms + PostgreSQL %.2f ms",
		a.name, n, m.perSecond, m.p50, m.p99, m.app, m.database)
	if a.form == nil {
		line += fmt.Sprintf(" | %d statements, %d flushes, %.0f allocations, %.1f kB, %.1f zipped", in.statements, in.flushes, in.allocations,
			float64(in.bytes)/1000, float64(in.zipped)/1000)
	}
	if len(bench) > 0 {
		b := mean(bench)
		line += fmt.Sprintf(" | pgbench -M simple %.0f/s, ratio %.2f", b.perSecond, m.perSecond/b.perSecond)
	}
	if len(theirs) > 0 {
		o := mean(theirs)
		line += fmt.Sprintf(" | %s: %.0f/s, p50 %.2f ms, %.2f + %.2f ms: ratio %.2f", *against, o.perSecond, o.p50, o.app, o.database,
			m.perSecond/o.perSecond)
	}
	r.t.Log(line)
}

// measured is per second; milliseconds; and of them those that processors were busy with a
// request, in ours and in PostgreSQL.
type measured struct{ perSecond, p50, p99, app, database float64 }

func mean(ms []measured) (m measured) {
	for _, x := range ms {
		n := float64(len(ms))
		m.perSecond += x.perSecond / n
		m.p50 += x.p50 / n
		m.p99 += x.p99 / n
		m.app += x.app / n
		m.database += x.database / n
	}
	return m
}

// rate asks with all clients, each time of a workspace drawn by Zipf's law, and checks
// each answer.
func (r *run) rate(s *server, a asked, n int, d time.Duration) measured {
	transport := &http.Transport{MaxIdleConnsPerHost: *clients, DisableCompression: true}
	defer transport.CloseIdleConnections()
	cookies := map[int]string{}
	for i := 1; i <= n; i++ {
		cookies[i] = cookie(i)
	}
	if a.tenant != 0 {
		cookies[a.tenant] = cookie(a.tenant)
	}
	ask := func(i int) (time.Duration, error) {
		req, err := http.NewRequest(http.MethodGet, s.base.String()+a.path, nil)
		if a.form != nil {
			form := maps.Clone(a.form)
			form.Set("name", crand.Text()[:9]+" "+crand.Text()[:9]) // nobody's yet
			req, err = http.NewRequest(http.MethodPost, s.base.String()+a.path, strings.NewReader(form.Encode()))
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.Header.Set("Sec-Fetch-Site", "same-origin")
		}
		if err != nil {
			return 0, err
		}
		req.Host = fmt.Sprintf("bench%d.%s", i, s.base.Host)
		req.Header.Set("Cookie", cookies[i])
		req.Header.Set("Accept-Encoding", "gzip")
		start := time.Now()
		res, err := transport.RoundTrip(req)
		if err != nil {
			return 0, err
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return 0, err
		}
		took := time.Since(start)
		if a.form == nil && (res.StatusCode != http.StatusOK || len(body) < 2000) || a.form != nil && res.StatusCode != http.StatusSeeOther {
			return 0, fmt.Errorf("%s of bench%d: %d, %d bytes", a.path, i, res.StatusCode, len(body))
		}
		return took, nil
	}
	var mu sync.Mutex
	var all []time.Duration
	round := func(d time.Duration) {
		all = all[:0]
		end := time.Now().Add(d)
		var wg sync.WaitGroup
		for range *clients {
			wg.Go(func() {
				draw := zipf(n)
				var mine []time.Duration
				for time.Now().Before(end) {
					i := a.tenant
					if i == 0 {
						i = draw()
					}
					took, err := ask(i)
					if err != nil {
						r.t.Error(err)
						return
					}
					mine = append(mine, took)
				}
				mu.Lock()
				all = append(all, mine...)
				mu.Unlock()
			})
		}
		wg.Wait()
	}
	round(min(d, time.Second)) // warm up
	start, app, database := time.Now(), cpu(int32(s.pid)), r.databaseCPU()
	round(d)
	seconds := time.Since(start).Seconds()
	app, database = cpu(int32(s.pid))-app, r.databaseCPU()-database
	slices.Sort(all)
	if len(all) == 0 {
		return measured{}
	}
	ms := func(q float64) float64 { return float64(all[int(q*float64(len(all)-1))].Microseconds()) / 1000 }
	count := float64(len(all))
	return measured{count / seconds, ms(0.5), ms(0.99), app * 1000 / count, database * 1000 / count}
}

// zipf draws workspaces: the second half as often as the first by 2^1.1, and so on.
func zipf(n int) func() int {
	if n == 1 {
		return func() int { return 1 }
	}
	z := rand.NewZipf(rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())), 1.1, 1, uint64(n-1))
	return func() int { return 1 + int(z.Uint64()) }
}

// cpu is how many seconds processors were busy with the process.
func cpu(pid int32) float64 {
	p, err := process.NewProcess(pid)
	if err != nil {
		return math.NaN()
	}
	t, err := p.Times()
	if err != nil {
		return math.NaN()
	}
	return t.User + t.System
}

// databaseCPU is that of all processes of PostgreSQL.
func (r *run) databaseCPU() (sum float64) {
	all, err := process.ProcessesWithContext(r.t.Context())
	if err != nil {
		return math.NaN()
	}
	for _, p := range all {
		if name, err := p.Name(); err == nil && name == "postgres" {
			if t, err := p.Times(); err == nil {
				sum += t.User + t.System
			}
		}
	}
	return sum
}
