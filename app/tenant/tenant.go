// Package tenant knows workspaces: their names, their hosts and their life cycle.
package tenant

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/queries/shareddb"
)

// States of a workspace that people can meet.
const (
	Active    = "active"
	Suspended = "suspended"
	Deleted   = "deleted" // met by operators alone
)

// Tenant is a workspace as a request needs it.
type Tenant struct {
	ID       uuid.UUID
	Schema   string
	Slug     string
	Name     string
	State    string
	Currency string // ISO 4217
	Country  string // ISO 3166

	// How its people read dates and numbers, unless they choose otherwise.
	TimeZone, DateStyle, NumberStyle string

	RequireSecondFactor bool // of every member

	SchemaVersion int64 // of its migrations
	Dropped       bool  // deleted so long ago that its schema is gone

	Limits Limits
	FullOf string // FullOfRecords or FullOfStorage when nothing more can be added

	// An operator may be looking in until then, and an owner has agreed to it
	// beforehand until then; zero for never.
	SupportUntil, SupportConsentUntil time.Time
	SupportBy, SupportReason          string
}

// Errors of a slug, for the person who chose it.
var (
	ErrSlugMalformed = errors.New("tenant: malformed slug")
	ErrSlugReserved  = errors.New("tenant: reserved slug")
	ErrSlugTaken     = errors.New("tenant: slug taken")
)

// CheckSlug returns nil when a workspace could take the slug now, else one of
// the ErrSlug errors.
func CheckSlug(ctx context.Context, tx *db.SharedTx, slug string) error {
	switch {
	case !ValidSlug(slug):
		return ErrSlugMalformed
	case Reserved(slug):
		return ErrSlugReserved
	}
	taken, err := tx.TenantSlugTaken(ctx, slug)
	if err == nil && taken {
		err = ErrSlugTaken
	}
	return err
}

// errNoSpare is answered by Claim when every spare schema is gone.
var errNoSpare = errors.New("tenant: no spare schema")

// New is what a new workspace is told of itself; "" is for the default.
type New struct {
	Slug, Name        string
	Currency, Country string // ISO 4217, ISO 3166

	TimeZone, DateStyle, NumberStyle string
}

// Claim makes a spare schema the workspace with this slug. It is the caller's
// transaction: nothing is claimed unless all of a sign-up is.
func Claim(ctx context.Context, tx *db.SharedTx, n New) (Tenant, error) {
	if err := tx.TenantLockSlug(ctx, n.Slug); err != nil {
		return Tenant{}, err
	}
	if err := CheckSlug(ctx, tx, n.Slug); err != nil {
		return Tenant{}, err
	}
	row, err := tx.TenantClaim(ctx, shareddb.TenantClaimParams{Slug: n.Slug, Name: n.Name, Currency: n.Currency, Country: n.Country,
		TimeZone: n.TimeZone, DateStyle: n.DateStyle, NumberStyle: n.NumberStyle, SchemaVersion: db.TenantVersion()})
	if errors.Is(err, pgx.ErrNoRows) {
		return Tenant{}, errNoSpare
	}
	if err != nil {
		return Tenant{}, err
	}
	return FromRow(row.Tenant), nil
}

// WithSpare runs claim, which calls Claim; when no spare was at hand it makes
// one inline and runs it again.
func WithSpare(ctx context.Context, d *db.DB, claim func() error) error {
	for {
		err := claim()
		if !errors.Is(err, errNoSpare) {
			return err
		}
		if _, err := d.CreateTenantSchema(ctx); err != nil {
			return err
		}
	}
}

// FromRow is the workspace of a row of public.tenants.
func FromRow(r shareddb.Tenant) Tenant {
	t := Tenant{
		ID: r.ID, Schema: r.Schema, Name: r.Name, State: r.State, Currency: r.Currency, Country: r.Country, TimeZone: r.TimeZone,
		DateStyle: r.DateStyle, NumberStyle: r.NumberStyle,
		RequireSecondFactor: r.RequireSecondFactor, SchemaVersion: r.SchemaVersion, Dropped: !r.SchemaMade, Limits: limitsOf(r), FullOf: r.FullOf,
		SupportBy: r.SupportBy, SupportReason: r.SupportReason,
	}
	if r.Slug != nil {
		t.Slug = *r.Slug
	}
	if r.SupportUntil != nil {
		t.SupportUntil = *r.SupportUntil
	}
	if r.SupportConsentUntil != nil {
		t.SupportConsentUntil = *r.SupportConsentUntil
	}
	return t
}
