// Package page has what every page needs: who visits, how an answer is written, what is wrong
// with a form, and where things are.
package page

import (
	"context"

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/views"
)

// Visit is what the middleware learns of a request before its handler runs.
type Visit struct {
	Tenant   tenant.Tenant // the zero Tenant on the base host and the console
	Console  bool          // the operators'
	Base     *Base
	Who      auth.Identity // the zero one when nobody is; pending when a second factor is missing
	SignedIn bool
	Looks    *views.LookSet // of the kinds of records here; nil for the program's own
	Leave    func()         // gives the request's slot among its workspace's back; again does nothing
}

type visitKey struct{}

// With returns the context of a request that is part of the visit.
func With(ctx context.Context, v *Visit) context.Context {
	return context.WithValue(ctx, visitKey{}, v)
}

// Abroad calls somebody else's server. The request's slot is given back before:
// one that hangs holds up nobody of its workspace.
func Abroad(c echo.Context, call func() error) error {
	if leave := From(c).Leave; leave != nil {
		leave()
	}
	return call()
}

// From returns the request's visit.
func From(c echo.Context) *Visit {
	return FromContext(c.Request().Context())
}

// FromContext returns the visit of a request's context, the zero one for none: an error
// comes before the host was resolved.
func FromContext(ctx context.Context) *Visit {
	if v, ok := ctx.Value(visitKey{}).(*Visit); ok {
		return v
	}
	return &Visit{}
}
