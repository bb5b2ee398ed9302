package tenant

import "time"

// SetClock gives the meter a clock, and the time that a request waits for a slot.
func (m *Meter) SetClock(now func() time.Time, wait time.Duration) { m.now, m.wait = now, wait }

// Users is how many requests of the workspace's people are under way or wait.
func (m *Meter) Users(t Tenant) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.account(accountKey{tenant: t.ID}).users
}
