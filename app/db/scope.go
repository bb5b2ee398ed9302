package db

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/entity"
)

// Scope says in whose schema a request, job or command works, and for whom.
type Scope struct {
	TenantID uuid.UUID
	Schema   string    // as in public.tenants; never the slug
	MemberID uuid.UUID // the acting member; uuid.Nil for the system

	StatementTimeout time.Duration // 0 for StatementTimeout

	Custom map[entity.Kind]*entity.Entity // the kinds that have fields of the workspace's own, with them
}

// ErrNoTenant is what Tenant answers without a scope in its context.
var ErrNoTenant = errors.New("db: no tenant in context")

// ErrNested is what a transaction begun inside another answers: it would wait
// for a second connection while holding the first, which drains the pool.
var ErrNested = errors.New("db: transaction inside a transaction")

type (
	scopeKey struct{}
	guardKey struct{}
)

// WithScope is called by the host middleware, the job runner, commands and
// sign-up, and by nothing else: nobody else may choose a tenant.
func WithScope(ctx context.Context, s Scope) context.Context {
	return context.WithValue(WithGuard(ctx), scopeKey{}, s)
}

// ScopeFrom returns the scope of the context, and false when it has none.
func ScopeFrom(ctx context.Context) (Scope, bool) {
	s, ok := ctx.Value(scopeKey{}).(Scope)
	return s, ok && s.Schema != ""
}

// WithGuard lets transactions begun with the context notice when they nest.
func WithGuard(ctx context.Context) context.Context {
	if ctx.Value(guardKey{}) != nil {
		return ctx
	}
	return context.WithValue(ctx, guardKey{}, new(atomic.Bool))
}

// enter marks the context as inside a transaction until the returned func runs.
func enter(ctx context.Context) (leave func(), err error) {
	guard, ok := ctx.Value(guardKey{}).(*atomic.Bool)
	if !ok {
		return func() {}, nil
	}
	if !guard.CompareAndSwap(false, true) {
		return nil, ErrNested
	}
	return func() { guard.Store(false) }, nil
}
