package tenant

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/singleflight"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/queries/shareddb"
)

// Kind is what stands at a host.
type Kind int

// Kinds of hosts.
const (
	Unknown   Kind = iota // no page but 404, the same for a deleted, a reserved and a foreign name
	Site                  // the base host
	Workspace             // one workspace
	Moved                 // a name that a workspace had until lately
	Console               // the operators'
)

// ConsoleLabel stands before the base host where the operators' console is.
const ConsoleLabel = "admin"

// Host is what a request's host resolves to; Tenant is set for a Workspace, and
// its slug for one that has Moved.
type Host struct {
	Kind   Kind
	Tenant Tenant
}

// Resolver finds the workspace of a host. Answers come from a bounded cache
// that also keeps misses, so no request pays a query for its host. Run keeps
// the cache true in every process.
type Resolver struct {
	db    *db.DB
	base  string // the base host's name, without a port
	cache *lru.Cache[string, Host]
	group singleflight.Group
	ready chan struct{} // closed when Run listens for the first time

	mu         sync.Mutex
	generation int  // counts changes: an answer read before one is not kept after it
	listening  bool // without a listener the cache may lie, and is bypassed
}

// cacheSize bounds the hosts kept, misses included, at some 300 bytes each.
const cacheSize = 20_000

// NewResolver resolves hosts below base, such as "localhost".
func NewResolver(d *db.DB, base string) *Resolver {
	cache, err := lru.New[string, Host](cacheSize)
	if err != nil {
		panic(err) // only for a size below one
	}
	return &Resolver{db: d, base: base, cache: cache, ready: make(chan struct{})}
}

// Run listens for changed tenants until ctx ends.
func (r *Resolver) Run(ctx context.Context) {
	var once sync.Once
	r.db.Listen(ctx, "paddock_tenants",
		func(ok bool) {
			r.forget(ok)
			if ok {
				once.Do(func() { close(r.ready) })
			}
		},
		func(names string) { r.forget(true, strings.Fields(names)...) })
}

// Ready is closed when Run listens: from then on hosts come from the cache.
func (r *Resolver) Ready() <-chan struct{} { return r.ready }

// Forget makes this process look a workspace up anew at once, for whoever just
// changed it; the others hear of it.
func (r *Resolver) Forget(slug string) {
	_, listening := r.state()
	r.forget(listening, slug)
}

// forget drops these slugs and hosts, or everything when none is named.
func (r *Resolver) forget(listening bool, names ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.generation++
	r.listening = listening
	if len(names) == 0 {
		r.cache.Purge()
	}
	for _, n := range names {
		if !strings.Contains(n, ".") {
			n += "." + r.base // a slug
		}
		r.cache.Remove(n)
	}
}

func (r *Resolver) state() (generation int, listening bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.generation, r.listening
}

// Resolve answers for the host of a request, with or without a port. What no
// workspace has is Unknown, not an error.
func (r *Resolver) Resolve(ctx context.Context, host string) (Host, error) {
	name, ok := normalize(host)
	if !ok {
		return Host{}, nil
	}
	if name == r.base {
		return Host{Kind: Site}, nil
	}
	slug, isLabel := strings.CutSuffix(name, "."+r.base)
	if isLabel && slug == ConsoleLabel {
		return Host{Kind: Console}, nil
	}
	if isLabel && (!ValidSlug(slug) || Reserved(slug)) {
		return Host{}, nil // two labels, punycode, api: nothing to look up
	}
	if h, ok := r.cache.Get(name); ok {
		return h, nil
	}
	generation, listening := r.state()
	// The first asker's query serves all who ask meanwhile; it must not end
	// with that one's request. Who asks after a change must not join a query that
	// began before it.
	v, err, _ := r.group.Do(fmt.Sprint(name, "#", generation), func() (any, error) {
		return r.load(context.WithoutCancel(ctx), name, slug, isLabel)
	})
	if err != nil {
		return Host{}, err
	}
	h := v.(Host)
	r.mu.Lock()
	defer r.mu.Unlock()
	if listening && r.listening && r.generation == generation {
		r.cache.Add(name, h)
	}
	return h, nil
}

func (r *Resolver) load(ctx context.Context, name, slug string, isLabel bool) (Host, error) {
	var row shareddb.Tenant
	var now string // what a workspace that had this name is called
	err := r.db.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		if isLabel {
			found, err := tx.TenantBySlug(ctx, slug)
			if row = found.Tenant; errors.Is(err, pgx.ErrNoRows) {
				now, err = tx.TenantByFormerSlug(ctx, slug)
			}
			return err
		}
		found, err := tx.TenantByDomain(ctx, name)
		row = found.Tenant
		return err
	})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return Host{}, nil
	case err != nil:
		return Host{}, err
	case now != "":
		return Host{Kind: Moved, Tenant: Tenant{Slug: now}}, nil
	case row.State != Active && row.State != Suspended:
		return Host{}, nil
	}
	return Host{Kind: Workspace, Tenant: FromRow(row)}, nil
}

// normalize lower-cases a host and cuts its port and trailing dot. It refuses
// what can be nobody's name: too long, an address, not plain letters.
func normalize(host string) (string, bool) {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		for _, c := range host[i+1:] {
			if c < '0' || c > '9' {
				return "", false
			}
		}
		host = host[:i]
	}
	host = strings.TrimSuffix(host, ".")
	if host == "" || len(host) > 253 {
		return "", false
	}
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return "", false
	}
	b := []byte(host)
	for i, c := range b {
		switch {
		case 'A' <= c && c <= 'Z':
			b[i] = c + 'a' - 'A'
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '.':
		default:
			return "", false
		}
	}
	return string(b), true
}
