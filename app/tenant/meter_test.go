package tenant_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/apptest/wait"
	"github.com/paddock-crm/paddock/app/tenant"
)

var member = tenant.Entrant{Member: true}

// Too many requests a minute: those of one workspace are refused, whichever of
// two processes they come to, and no other workspace notices.
func TestRequestsPerMinute(t *testing.T) {
	t.Parallel()
	w, neighbour := pg.NewWorkspace(t), pg.NewWorkspace(t)
	l := tenant.DefaultLimits
	l.Requests = 40
	w.Limits = l
	one, two := tenant.NewMeter(pg.DB(t)), tenant.NewMeter(pg.DB(t))
	now := time.Now()
	for _, m := range []*tenant.Meter{one, two} {
		m.SetClock(func() time.Time { return now }, time.Minute)
	}
	enter := func(m *tenant.Meter, n int) (in int) {
		for range n {
			leave, err := m.Enter(t.Context(), w.Tenant, member)
			var limited *tenant.LimitError
			switch {
			case err == nil:
				in++
				leave()
			case !errors.As(err, &limited) || limited.RetryAfter <= 0 || limited.RetryAfter > time.Minute:
				t.Fatalf("refused with %v", err)
			}
		}
		return in
	}
	if n := enter(one, 30); n != 30 {
		t.Errorf("%d of 30 let in below the limit", n)
	}
	for _, m := range []*tenant.Meter{one, two, one} {
		if err := m.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	// The second knows of the first's requests once it has counted one itself.
	if n := enter(two, 1); n != 1 {
		t.Error("the second process lets nobody in")
	}
	if err := two.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := enter(two, 30); n != 9 {
		t.Errorf("the second process let %d more in, of 9 that were left", n)
	}
	if leave, err := two.Enter(t.Context(), neighbour.Tenant, member); err != nil {
		t.Errorf("the neighbour: %v", err)
	} else {
		leave()
	}
	// Strangers have limits of their own, and do not use up those of its people.
	strangers := 0
	for range 20 {
		if leave, err := one.Enter(t.Context(), w.Tenant, tenant.Entrant{Network: "192.0.2.1"}); err == nil {
			leave()
			strangers++
		}
	}
	if strangers != 10 {
		t.Errorf("%d strangers were let in, want a quarter of 40", strangers)
	}
	if err := two.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The next minute has room again.
	now = now.Add(time.Minute)
	if n := enter(two, 1); n != 1 {
		t.Error("nobody is let in a minute later")
	}
	if err := two.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	// Every request is in the day's books, those refused apart.
	var requests, refused int
	err := pg.Superuser(t).QueryRow(t.Context(), `select requests, refused from public.usage_days where tenant_id = $1`, w.ID).Scan(&requests,
		&refused)
	if err != nil || requests != 41 || refused != 21 {
		t.Errorf("metered: %d requests, %d refused, %v; want 41 and 21", requests, refused, err)
	}
}

// A workspace whose requests are slow waits for itself: at most so many of its
// requests hold connections, and another's page comes as fast as ever.
func TestConcurrentRequests(t *testing.T) {
	t.Parallel()
	w := pg.NewWorkspace(t)
	l := tenant.DefaultLimits
	l.Concurrent = 2
	w.Limits = l
	m := tenant.NewMeter(pg.DB(t))
	var held []func()
	for range 2 {
		leave, err := m.Enter(t.Context(), w.Tenant, member)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, leave)
	}
	// The third has a slot as soon as one of them is through.
	third := make(chan error, 1)
	m.SetClock(time.Now, time.Hour)
	go func() {
		leave, err := m.Enter(t.Context(), w.Tenant, member)
		if err == nil {
			leave()
		}
		third <- err
	}()
	wait.Until(t, "the third waits", func() bool { return m.Users(w.Tenant) == 3 })
	select {
	case err := <-third:
		t.Errorf("the third did not wait: %v", err)
	default:
	}
	held[0]()
	if err := <-third; err != nil {
		t.Errorf("the third: %v", err)
	}
	again, err := m.Enter(t.Context(), w.Tenant, member)
	if err != nil {
		t.Fatal(err)
	}
	var limited *tenant.LimitError
	m.SetClock(time.Now, time.Millisecond)
	if _, err := m.Enter(t.Context(), w.Tenant, member); !errors.As(err, &limited) {
		t.Errorf("one too many: %v", err)
	}
	// Who went away meanwhile is not counted as refused.
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Enter(gone, w.Tenant, member); !errors.Is(err, context.Canceled) {
		t.Errorf("who went away: %v", err)
	}
	again()
	held[1]()
	if leave, err := m.Enter(t.Context(), w.Tenant, member); err != nil {
		t.Errorf("afterwards: %v", err)
	} else {
		leave()
	}
}

// One stranger, however busy, keeps neither other strangers nor a team from signing
// in; nor does all that strangers do beside it.
func TestStrangersDoNotShutTheDoor(t *testing.T) {
	t.Parallel()
	w := pg.NewWorkspace(t)
	w.Limits = tenant.DefaultLimits
	m := tenant.NewMeter(pg.DB(t))
	now := time.Now()
	m.SetClock(func() time.Time { return now }, time.Millisecond)
	enter := func(who tenant.Entrant, n int) (in int) {
		for range n {
			if leave, err := m.Enter(t.Context(), w.Tenant, who); err == nil {
				leave()
				in++
			}
		}
		return in
	}
	attacker := tenant.Entrant{Network: "192.0.2.1", Entry: true}
	if n := enter(attacker, 3000); n != tenant.DefaultLimits.Requests/40 {
		t.Errorf("one network was let in %d times in a minute", n)
	}
	office := tenant.Entrant{Network: "198.51.100.7", Entry: true}
	if n := enter(office, 20); n != 20 {
		t.Errorf("%d of 20 of a team signed in beside an attacker", n)
	}
	// Many networks together reach the workspace's bound; a team's floor holds.
	for i := range 40 {
		enter(tenant.Entrant{Network: fmt.Sprint("203.0.113.", i), Entry: true}, 300)
	}
	late := tenant.Entrant{Network: "198.51.100.8", Entry: true}
	if n := enter(late, 100); n != 60 {
		t.Errorf("with the door besieged, %d of a team were let in, want 60", n)
	}
	// Turns: one network takes its own, at most.
	var held []func()
	for {
		leave, err := m.Enter(t.Context(), w.Tenant, tenant.Entrant{Network: "192.0.2.99", Entry: true})
		if err != nil {
			break
		}
		held = append(held, leave)
		if len(held) > 50 {
			t.Fatal("slots without end")
		}
	}
	if n := enter(tenant.Entrant{Network: "198.51.100.9", Entry: true}, 10); n != 10 {
		t.Errorf("with one network’s slots all taken (%d), %d of 10 others were let in", len(held), n)
	}
	if n := enter(member, 10); n != 10 {
		t.Errorf("%d of 10 members", n)
	}
	for _, leave := range held {
		leave()
	}
}
