package workspace

import (
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/archive"
	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/mail"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/views"
	letter "github.com/paddock-crm/paddock/views/mail"
)

// Data is the page of what the workspace holds: its archives, use and end.
func (h *Handler) Data(c echo.Context) error {
	return h.renderData(c, http.StatusOK, views.DataPage{})
}

func (h *Handler) renderData(c echo.Context, status int, p views.DataPage) error {
	ctx := c.Request().Context()
	v := page.From(c)
	p.Shell = page.Shell(c, "settings", "Data")
	p.MaxRecords, p.MaxBytes, p.MaxRequests = v.Tenant.Limits.Records, v.Tenant.Limits.Bytes, v.Tenant.Limits.Requests
	if auth.Consented(v.Tenant) {
		p.ConsentUntil = v.Tenant.SupportConsentUntil
	}
	err := h.DB.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		if p.Exports, err = tx.ExportList(ctx, v.Tenant.ID); err != nil || page.WantsFragment(c) {
			return err
		}
		if p.Stats, err = tx.TenantStats(ctx, v.Tenant.ID); err != nil {
			return err
		}
		p.Usage, err = tx.UsageList(ctx, v.Tenant.ID, time.Now().UTC().Truncate(24*time.Hour))
		return err
	})
	if err != nil {
		return err
	}
	return page.Render(c, status, views.Data(p), views.Exports(p))
}

// ExportCreate has an archive made; one at a time, and the last one before it is
// kept.
func (h *Handler) ExportCreate(c echo.Context) error {
	ctx := c.Request().Context()
	v := page.From(c)
	err := h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		if err := tx.TenantLock(ctx, v.Tenant.ID); err != nil {
			return err
		}
		running, err := tx.ExportRunning(ctx, v.Tenant.ID)
		if err != nil || running {
			return err
		}
		if err := tx.ExportExpireOlder(ctx, v.Tenant.ID); err != nil {
			return err
		}
		id := uuid.Must(uuid.NewV7())
		err = tx.ExportInsert(ctx, shareddb.ExportInsertParams{ID: id, TenantID: v.Tenant.ID, RequestedBy: v.Who.MemberID,
			ExpiresAt: time.Now().Add(archive.Keep)})
		if err != nil {
			return err
		}
		if err := auth.AuditShared(ctx, tx, auth.DidExport, "The whole workspace"); err != nil {
			return err
		}
		return tx.Enqueue(ctx, archive.Job{TenantJob: db.TenantJob{TenantID: v.Tenant.ID}, ExportID: id})
	})
	if err != nil {
		return err
	}
	return page.Redirect(c, "/settings/data")
}

// ExportDownload sends an archive piece by piece; nothing of the database is
// held while a client reads.
func (h *Handler) ExportDownload(c echo.Context) error {
	ctx := c.Request().Context()
	v := page.From(c)
	id, err := page.PathID(c)
	if err != nil {
		return err
	}
	var row shareddb.ExportGetRow
	err = h.DB.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		row, err = tx.ExportGet(ctx, id, v.Tenant.ID)
		return err
	})
	if err != nil {
		return err
	}
	if row.State != "done" {
		return page.ErrNotFound
	}
	if c.Request().Method == http.MethodHead {
		return c.NoContent(http.StatusOK)
	}
	err = h.DB.Tenant(ctx, func(tx *db.TenantTx) error {
		return auth.Audit(ctx, tx, auth.DidExport, "The archive of "+row.CreatedAt.UTC().Format(time.DateOnly)+", downloaded")
	})
	if err != nil {
		return err
	}
	w := page.Stream(c, "application/zip", v.Tenant.Slug+"-"+row.CreatedAt.UTC().Format(time.DateOnly)+".paddock.zip", row.Size)
	for n, sent := int32(0), int64(0); sent < row.Size; n++ {
		var chunk []byte
		err := h.DB.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
			chunk, err = tx.ExportChunk(ctx, id, n)
			return err
		})
		if err != nil {
			return err
		}
		if _, err := w.Write(chunk); err != nil {
			return err
		}
		sent += int64(len(chunk))
	}
	return nil
}

// Close deletes the workspace, after its slug was typed.
func (h *Handler) Close(c echo.Context) error {
	ctx := c.Request().Context()
	v := page.From(c)
	f := page.ReadForm(c, views.CloseFields, false)
	if f.Values["slug"] != v.Tenant.Slug {
		f.Fail("slug", "This is not the workspace’s address: “"+v.Tenant.Slug+"”.")
	}
	if !f.Valid() {
		return h.renderData(c, http.StatusUnprocessableEntity, views.DataPage{Close: f.Form})
	}
	err := h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		members, err := tx.MembershipList(ctx, v.Tenant.ID)
		if err != nil {
			return err
		}
		for _, m := range members {
			if auth.Role(m.Role) != auth.Owner {
				continue
			}
			if err := mail.Send(ctx, tx, h.Box, uuid.Nil, m.Email, letter.Closed(v.Tenant.Name, v.Who.Name)); err != nil {
				return err
			}
		}
		if err := auth.AuditShared(ctx, tx, auth.DidDelete, v.Tenant.Name+", workspace"); err != nil {
			return err
		}
		return tenant.Delete(ctx, tx, v.Tenant.Slug)
	})
	if err != nil {
		return err
	}
	h.Hosts.Forget(v.Tenant.Slug)
	return page.Leave(c, h.Base.SiteURL("/workspaces", nil))
}

// SupportConsent lets operators look in for a while without asking first.
func (h *Handler) SupportConsent(c echo.Context) error {
	ctx := c.Request().Context()
	v := page.From(c)
	until := time.Now().Add(auth.ConsentTime)
	err := h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		if err := tx.TenantSupportConsent(ctx, &until, v.Tenant.ID); err != nil {
			return err
		}
		return auth.AuditShared(ctx, tx, auth.DidConsent, "until "+until.UTC().Format(time.DateOnly))
	})
	if err != nil {
		return err
	}
	h.Hosts.Forget(v.Tenant.Slug)
	return page.Say(c, "/settings/data", "Support may look in for a week")
}

// SupportRefuse takes the consent back, and ends a look that is under way.
func (h *Handler) SupportRefuse(c echo.Context) error {
	ctx := c.Request().Context()
	v := page.From(c)
	err := h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		if err := tx.TenantSupportConsent(ctx, nil, v.Tenant.ID); err != nil {
			return err
		}
		if err := auth.SupportEnd(ctx, tx, v.Tenant.ID); err != nil {
			return err
		}
		return auth.AuditShared(ctx, tx, auth.DidEndSupport, "")
	})
	if err != nil {
		return err
	}
	h.Hosts.Forget(v.Tenant.Slug)
	return page.Say(c, "/settings/data", "Support is out. To look in again they have to give a reason, and you get a mail")
}
