package apptest

import (
	"context"
	"net/url"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp/totp"

	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/apptest/wait"
	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/queries/shareddb"
)

// people are what the routes about people and access are about; see Records.
var people = map[string]func(w *Workspace) Record{
	"settings/security/sessions": func(w *Workspace) Record {
		var rows []shareddb.SessionListRow
		// Another test may give the owner a first factor just now, which leaves a
		// session that began without one pending.
		wait.Until(w.tb, "the owner is signed in", func() bool {
			w.Client(w.Owner)
			w.Shared(func(ctx context.Context, tx *db.SharedTx) (err error) {
				rows, err = tx.SessionList(ctx, w.Owner.ID)
				return err
			})
			return len(rows) > 0
		})
		return Record{ID: rows[0].ID}
	},
	"settings/security/passkeys": func(w *Workspace) Record { return Record{ID: w.Passkey(w.Owner)} },
	"POST /settings/security/recovery-codes": func(w *Workspace) Record {
		w.Passkey(w.Owner)
		return Record{}
	},
	"POST /settings/security/totp": func(w *Workspace) Record {
		secret, sealed, err := auth.TOTPStart(w.app.Box, w.Owner.ID)
		if err != nil {
			w.tb.Fatal(err)
		}
		code, err := totp.GenerateCode(secret, time.Now())
		if err != nil {
			w.tb.Fatal(err)
		}
		return Record{Form: url.Values{"secret": {sealed}, "code": {code}}}
	},
	"POST /email/verify": func(w *Workspace) (r Record) {
		w.Shared(func(ctx context.Context, tx *db.SharedTx) error {
			token, err := auth.VerifyStart(ctx, tx, w.Owner.ID, w.Owner.Email)
			r.Form = url.Values{"token": {token}}
			return err
		})
		return r
	},
	"POST /settings/security/email": func(*Workspace) Record { return Record{Form: url.Values{"email": {pg.Unique("new") + "@example.com"}}} },
	"PUT /settings/security/password": func(*Workspace) Record {
		return Record{Form: url.Values{"current_password": {pg.Password}, "password": {pg.Password}}}
	},
	"settings/members": func(w *Workspace) Record {
		u := pg.NewUser(w.tb)
		w.Join(u, auth.Member)
		return Record{ID: w.MemberID(u), Known: u.Email, Form: url.Values{"role": {"viewer"}}}
	},
	"DELETE /settings/membership": func(w *Workspace) Record {
		w.Join(pg.NewUser(w.tb), auth.Owner)
		return Record{}
	},
	"POST /settings/invitations": func(*Workspace) Record {
		return Record{Form: url.Values{"email": {pg.Unique("guest") + "@example.com"}, "role": {"member"}}}
	},
	"settings/invitations": func(w *Workspace) Record {
		email := pg.Unique("guest") + "@example.com"
		w.Invite(email, auth.Member)
		var id uuid.UUID
		w.Shared(func(ctx context.Context, tx *db.SharedTx) error {
			rows, err := tx.InvitationList(ctx, w.ID)
			for _, r := range rows {
				if r.Email == email {
					id = r.ID
				}
			}
			return err
		})
		return Record{ID: id}
	},
	"POST /settings/ownership": func(w *Workspace) Record {
		u := pg.NewUser(w.tb)
		w.Join(u, auth.Admin)
		return Record{Form: url.Values{"member_id": {w.MemberID(u).String()}, "password": {pg.Password}}}
	},
	"PUT /settings/ownership":    func(w *Workspace) Record { return w.offered() },
	"DELETE /settings/ownership": func(w *Workspace) Record { return w.offered() },
	"avatars": func(w *Workspace) Record {
		name := pg.Unique("avatar")
		w.Shared(func(ctx context.Context, tx *db.SharedTx) error {
			if err := tx.AvatarPut(ctx, w.Owner.ID, []byte("\x89PNG")); err != nil {
				return err
			}
			return tx.UserSetAvatar(ctx, name, w.Owner.ID)
		})
		return Record{Param: name}
	},
	"PUT /settings/signin/factor":   func(*Workspace) Record { return Record{Form: url.Values{"required": {"false"}}} },
	"POST /settings/signin/domains": func(*Workspace) Record { return Record{Form: url.Values{"domain": {pg.Unique("mail") + ".example"}}} },
	"settings/signin/domains": func(w *Workspace) Record {
		domain := pg.Unique("mail") + ".example"
		w.Shared(func(ctx context.Context, tx *db.SharedTx) error {
			return tx.EmailDomainInsert(ctx, w.ID, domain, "token")
		})
		w.app.DNS.SetTXT("_paddock."+domain, "paddock-domain=token")
		return Record{Param: domain}
	},
	"settings/domains": func(w *Workspace) Record {
		host := pg.Unique("crm") + ".example"
		w.Shared(func(ctx context.Context, tx *db.SharedTx) error { return tx.DomainInsert(ctx, w.ID, host, "token") })
		w.app.DNS.SetTXT("_paddock."+host, "paddock-domain=token")
		return Record{Param: host}
	},
	"POST /settings/domains": func(*Workspace) Record {
		return Record{Form: url.Values{"host": {pg.Unique("crm") + ".example"}}}
	},
	"settings/data/exports": func(w *Workspace) Record {
		id := pg.NewID()
		w.Shared(func(ctx context.Context, tx *db.SharedTx) error {
			if err := tx.ExportInsert(ctx, shareddb.ExportInsertParams{ID: id, TenantID: w.ID, RequestedBy: w.MemberID(w.Owner),
				ExpiresAt: time.Now().Add(time.Hour)}); err != nil {
				return err
			}
			if err := tx.ExportChunkPut(ctx, id, 0, []byte("an archive of "+w.Name)); err != nil {
				return err
			}
			return tx.ExportFinish(ctx, "done", int64(len("an archive of "+w.Name)), id)
		})
		return Record{ID: id}
	},
	"DELETE /settings/signin/provider": func(w *Workspace) Record {
		w.Shared(func(ctx context.Context, tx *db.SharedTx) error {
			return tx.ProviderPut(ctx, shareddb.ProviderPutParams{TenantID: w.ID, Name: "Okta", Issuer: "https://example.com", ClientID: "paddock"})
		})
		return Record{}
	},
}

// offered makes another owner, who offers the workspace to its owner.
func (w *Workspace) offered() Record {
	u := pg.NewUser(w.tb)
	w.Join(u, auth.Owner)
	w.Shared(func(ctx context.Context, tx *db.SharedTx) error {
		return tx.OwnershipOffer(ctx, shareddb.OwnershipOfferParams{TenantID: w.ID, MembershipID: w.MemberID(w.Owner), OfferedBy: w.MemberID(u),
			ExpiresAt: time.Now().Add(time.Hour)})
	})
	return Record{}
}
