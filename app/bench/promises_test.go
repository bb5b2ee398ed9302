package bench

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/auth"
)

// known measures whether the time of an answer tells a known address from an
// unknown one; that the same is computed is a test (TestUsersAreNotEnumerated).
func (r *run) known() {
	ctx := r.t.Context()
	c, err := pgx.Connect(ctx, r.url)
	if err != nil {
		r.t.Fatal(err)
	}
	defer c.Close(ctx)
	hash, err := auth.HashPassword(ctx, "the right password")
	if err != nil {
		r.t.Fatal(err)
	}
	const email = "known@example.com"
	if _, err := c.Exec(ctx,
		`insert into users (id, email, name, password_hash, email_verified_at) values ($1, $2, 'Known', $3, now()) on conflict do nothing`,
		uuid.Must(uuid.NewV7()), email, hash); err != nil {
		r.t.Fatal(err)
	}
	for _, path := range []string{"/signin", "/password/forgot"} {
		var took [2][]time.Duration
		for i := range 40 {
			for j, address := range []string{email, fmt.Sprintf("unknown%d@example.com", i)} {
				if _, err := c.Exec(ctx, `delete from throttles`); err != nil {
					r.t.Fatal(err)
				}
				start := time.Now()
				res, err := http.PostForm(r.base.String()+path, url.Values{"email": {address}, "password": {"a wrong password"}})
				if err != nil {
					r.t.Fatal(err)
				}
				res.Body.Close()
				if i >= 5 { // warm
					took[j] = append(took[j], time.Since(start))
				}
			}
		}
		for j := range took {
			slices.Sort(took[j])
		}
		n := len(took[0]) / 2
		r.t.Logf("POST %s: p50 %.1f ms for a known address, %.1f ms for an unknown one", path, ms(took[0][n]), ms(took[1][n]))
	}
}

// felt measures how soon a running process knows that a workspace was suspended,
// and that it is open again.
func (r *run) felt() {
	ctx := r.t.Context()
	c, err := pgx.Connect(ctx, r.url)
	if err != nil {
		r.t.Fatal(err)
	}
	defer c.Close(ctx)
	status := func() int {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.base.String()+"/customers", nil)
		if err != nil {
			r.t.Fatal(err)
		}
		req.Host = "bench1." + r.base.Host
		req.Header.Set("Cookie", cookie(1))
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			r.t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
	var took []string
	for range 5 {
		for state, want := range map[string]int{"suspended": http.StatusForbidden, "active": http.StatusOK} {
			if status() == want {
				continue
			}
			start := time.Now()
			if _, err := c.Exec(ctx, `update tenants set state = $1 where slug = 'bench1'`, state); err != nil {
				r.t.Fatal(err)
			}
			for status() != want {
				if time.Since(start) > time.Minute {
					r.t.Fatal("another process never hears of a change")
				}
			}
			took = append(took, fmt.Sprintf("%.0f", ms(time.Since(start))))
		}
	}
	if _, err := c.Exec(ctx, `update tenants set state = 'active' where slug = 'bench1'`); err != nil {
		r.t.Fatal(err)
	}
	r.t.Logf("a suspension, or its end, is felt by another process after ms: %s", strings.Join(took, " "))
}
