package auth

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// RefusalError is a rule that what somebody asked for breaks; it reads as what
// they are told.
type RefusalError struct{ Reason string }

func (e *RefusalError) Error() string { return "auth: " + e.Reason }

var (
	errLastOwner = &RefusalError{"A workspace needs an owner. Hand it over to somebody else first."}
	errOwner     = &RefusalError{"Only an owner can do this to an owner."}
	errHandOver  = &RefusalError{"Ownership is handed over, with the other’s consent: see below the list of members."}
	errRole      = &RefusalError{"Choose one of the roles."}
)

// Join makes the user a member: the membership, and its mirror in the tenant's
// schema, in the caller's transaction. Who was a member before becomes the same
// member again.
func Join(ctx context.Context, tx *db.SharedTx, t tenant.Tenant, user shareddb.UserByIDRow, role Role) (id uuid.UUID, err error) {
	ctx = db.WithScope(ctx, db.Scope{TenantID: t.ID, Schema: t.Schema})
	err = tx.AsTenant(ctx, func(tx *db.TenantTx) (err error) {
		id, err = tx.MemberPut(ctx, tenantdb.MemberPutParams{ID: uuid.Must(uuid.NewV7()), UserID: user.ID, Name: user.Name, Email: user.Email,
			Avatar: user.Avatar})
		return err
	})
	if err != nil {
		return uuid.Nil, err
	}
	if err := tx.MembershipInsert(ctx, shareddb.MembershipInsertParams{ID: id, TenantID: t.ID, UserID: user.ID,
		Role: string(role)}); err != nil {
		return uuid.Nil, err
	}
	return id, tx.InvitationDeleteFor(ctx, t.ID, user.Email)
}

// SetRole changes what a member may do. by is the acting member's role.
func SetRole(ctx context.Context, tx *db.SharedTx, tenantID, memberID uuid.UUID, by, role Role) error {
	if role == Owner {
		return errHandOver
	}
	if !slices.Contains(Roles, role) {
		return errRole
	}
	if err := tx.TenantLock(ctx, tenantID); err != nil {
		return err
	}
	m, err := tx.MembershipGet(ctx, memberID, tenantID)
	if err != nil {
		return err
	}
	if Role(m.Role) == Owner && by != Owner {
		return errOwner
	}
	if err := tx.MembershipSetRole(ctx, string(role), memberID, tenantID); err != nil {
		return err
	}
	return AuditShared(ctx, tx, DidChangeRole, m.Name+": "+m.Role+" → "+string(role))
}

// Remove ends a membership at once; sessions on the workspace's host go too.
// What the member looked after goes to heir, or stays with the name of who has
// left when heir is uuid.Nil. It returns who was removed.
func Remove(ctx context.Context, tx *db.SharedTx, tenantID, memberID uuid.UUID, by Role,
	heir uuid.UUID) (shareddb.MembershipGetRow, error) {
	if err := tx.TenantLock(ctx, tenantID); err != nil {
		return shareddb.MembershipGetRow{}, err
	}
	m, err := tx.MembershipGet(ctx, memberID, tenantID)
	if err != nil {
		return m, err
	}
	if Role(m.Role) == Owner && by != Owner {
		return m, errOwner
	}
	if heir != uuid.Nil {
		if heir == memberID {
			return m, &RefusalError{"Choose somebody who stays."}
		}
		if _, err := tx.MembershipGet(ctx, heir, tenantID); errors.Is(err, pgx.ErrNoRows) {
			return m, &RefusalError{"The one who takes over is not a member any more."}
		} else if err != nil {
			return m, err
		}
	}
	if err := tx.MembershipDelete(ctx, memberID, tenantID); err != nil {
		return m, err
	}
	if err := tx.SessionDeleteInTenant(ctx, m.UserID, &tenantID); err != nil {
		return m, err
	}
	scope, _ := db.ScopeFrom(ctx)
	return m, tx.AsTenant(ctx, func(tx *db.TenantTx) error {
		action, subject := DidRemove, m.Name
		if scope.MemberID == memberID {
			action, subject = DidLeave, ""
		}
		if err := Audit(ctx, tx, action, subject); err != nil {
			return err
		}
		if heir != uuid.Nil {
			if err := tx.MemberHandOver(ctx, heir, memberID); err != nil {
				return err
			}
		}
		return tx.MemberLeave(ctx, memberID)
	})
}

// LastOwner translates what the database answers to a transaction that would
// leave a workspace without an owner.
func LastOwner(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.ConstraintName == "memberships_keep_owner" {
		return errLastOwner
	}
	return err
}

// offerTime is how long an offer of ownership stands.
const offerTime = 7 * 24 * time.Hour

// OfferOwnership offers the workspace to another member, who must accept. An
// offer before is replaced. It returns whom it is offered to.
func OfferOwnership(ctx context.Context, tx *db.SharedTx, tenantID, from, to uuid.UUID) (shareddb.MembershipGetRow, error) {
	m, err := tx.MembershipGet(ctx, to, tenantID)
	if err != nil {
		return m, err
	}
	if Role(m.Role) == Owner {
		return m, &RefusalError{m.Name + " is an owner already."}
	}
	err = tx.OwnershipOffer(ctx, shareddb.OwnershipOfferParams{TenantID: tenantID, MembershipID: to, OfferedBy: from,
		ExpiresAt: time.Now().Add(offerTime)})
	if err != nil {
		return m, err
	}
	return m, AuditShared(ctx, tx, DidOfferOwnership, m.Name)
}

// TakeOwnership accepts the offer: the member becomes the owner, who offered it
// an admin. It returns the former owner; pgx.ErrNoRows without an offer.
func TakeOwnership(ctx context.Context, tx *db.SharedTx, tenantID, memberID uuid.UUID) (former shareddb.MembershipGetRow, err error) {
	if err := tx.TenantLock(ctx, tenantID); err != nil {
		return former, err
	}
	from, err := tx.OwnershipOfferConsume(ctx, tenantID, memberID)
	if err != nil {
		return former, err
	}
	if former, err = tx.MembershipGet(ctx, from, tenantID); err != nil {
		return former, err
	}
	if Role(former.Role) != Owner {
		return former, pgx.ErrNoRows // who offered it was lowered since
	}
	if err := tx.MembershipSetRole(ctx, string(Owner), memberID, tenantID); err != nil {
		return former, err
	}
	if err := tx.MembershipSetRole(ctx, string(Admin), from, tenantID); err != nil {
		return former, err
	}
	return former, AuditShared(ctx, tx, DidTakeOwnership, former.Name)
}
