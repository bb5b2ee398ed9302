// Package budget bounds how much of one kind of work a process does at once, and how
// much of that is one workspace's: whoever asks for all of it waits, and others do
// not.
package budget

import (
	"context"
	"sync"

	"github.com/google/uuid"
	"golang.org/x/sync/semaphore"
)

// Budget is of one kind of work. Its unit is the caller's: places, bytes.
type Budget struct {
	all   *semaphore.Weighted
	share int64

	mu   sync.Mutex
	held map[uuid.UUID]*account
}

type account struct {
	mine  *semaphore.Weighted
	users int // who holds or waits
}

// New is a budget of so much in all, of which one may hold a share.
func New(all, share int64) *Budget {
	return &Budget{all: semaphore.NewWeighted(all), share: share, held: map[uuid.UUID]*account{}}
}

// Acquire takes n for whom it is, uuid.Nil for nobody's, as soon as there is room;
// release gives it back. It answers the context's error when that ends before.
func (b *Budget) Acquire(ctx context.Context, whose uuid.UUID, n int64) (release func(), err error) {
	b.mu.Lock()
	a := b.held[whose]
	if a == nil {
		a = &account{mine: semaphore.NewWeighted(b.share)}
		b.held[whose] = a
	}
	a.users++
	b.mu.Unlock()
	leave := func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if a.users--; a.users == 0 {
			delete(b.held, whose)
		}
	}
	// One's own share first: who waits for that keeps nobody else from the rest.
	if err := a.mine.Acquire(ctx, n); err != nil {
		leave()
		return nil, err
	}
	if err := b.all.Acquire(ctx, n); err != nil {
		a.mine.Release(n)
		leave()
		return nil, err
	}
	return sync.OnceFunc(func() {
		b.all.Release(n)
		a.mine.Release(n)
		leave()
	}), nil
}
