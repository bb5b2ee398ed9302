package notify

import (
	"context"
	"sync"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/db"
)

// Hub wakes the open pages of members who have something new. It holds nothing of what that
// is: a page that is woken asks the database, and one that was not connected asks when it is
// again, so nothing is lost with a process.
type Hub struct {
	mu     sync.Mutex
	pages  map[uuid.UUID]map[*Page]struct{}
	closed bool
}

// Page is an open page's stream.
type Page struct {
	hub    *Hub
	member uuid.UUID
	wake   chan struct{} // of one: several changes are one reason to look
}

// NewHub returns a hub without pages.
func NewHub() *Hub { return &Hub{pages: map[uuid.UUID]map[*Page]struct{}{}} }

// Run listens until ctx ends.
func (h *Hub) Run(ctx context.Context, d *db.DB) {
	d.Listen(ctx, "paddock_notifications",
		func(ok bool) {
			if ok {
				h.wakeAll() // what came meanwhile was missed
			}
		},
		func(member string) {
			if id, err := uuid.Parse(member); err == nil { // a hint that is none tells nobody anything
				h.wake(id)
			}
		})
}

// Open registers a page of the member's; Close it. A hub that is closed has none: the page's
// channel is closed at once.
func (h *Hub) Open(member uuid.UUID) *Page {
	p := &Page{hub: h, member: member, wake: make(chan struct{}, 1)}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		close(p.wake)
		return p
	}
	if h.pages[member] == nil {
		h.pages[member] = map[*Page]struct{}{}
	}
	h.pages[member][p] = struct{}{}
	return p
}

// Woken is where a page waits for something to look at; it is closed when the process stops.
func (p *Page) Woken() <-chan struct{} { return p.wake }

// Close unregisters the page.
func (p *Page) Close() {
	p.hub.mu.Lock()
	defer p.hub.mu.Unlock()
	if pages := p.hub.pages[p.member]; pages != nil {
		if delete(pages, p); len(pages) == 0 {
			delete(p.hub.pages, p.member)
		}
	}
}

// Close ends all pages' streams, for the process stops: they come back to another.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	h.closed = true
	for _, pages := range h.pages {
		for p := range pages {
			close(p.wake)
		}
	}
	h.pages = map[uuid.UUID]map[*Page]struct{}{}
}

// Len is how many pages are open.
func (h *Hub) Len() (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, pages := range h.pages {
		n += len(pages)
	}
	return n
}

func (h *Hub) wake(member uuid.UUID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for p := range h.pages[member] {
		p.poke()
	}
}

func (h *Hub) wakeAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, pages := range h.pages {
		for p := range pages {
			p.poke()
		}
	}
}

func (p *Page) poke() {
	select {
	case p.wake <- struct{}{}:
	default: // it looks soon anyway
	}
}
