package web

import (
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/archive"
	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/views"
	letter "github.com/paddock-crm/paddock/views/mail"
)

func (s *Server) data(c echo.Context) error {
	return s.renderData(c, http.StatusOK, views.DataPage{})
}

func (s *Server) renderData(c echo.Context, status int, p views.DataPage) error {
	ctx := c.Request().Context()
	v := visiting(c)
	p.Shell = s.shell(c, "settings", "Data")
	p.MaxRecords, p.MaxBytes, p.MaxRequests = v.tenant.Limits.Records, v.tenant.Limits.Bytes, v.tenant.Limits.Requests
	if auth.Consented(v.tenant) {
		p.ConsentUntil = v.tenant.SupportConsentUntil
	}
	err := s.db.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		if p.Exports, err = tx.ExportList(ctx, v.tenant.ID); err != nil || wantsFragment(c) {
			return err
		}
		if p.Stats, err = tx.TenantStats(ctx, v.tenant.ID); err != nil {
			return err
		}
		p.Usage, err = tx.UsageList(ctx, v.tenant.ID, time.Now().UTC().Truncate(24*time.Hour))
		return err
	})
	if err != nil {
		return err
	}
	return s.render(c, status, views.Data(p), views.Exports(p))
}

// exportCreate has an archive made; one at a time, and the last one before it is
// kept.
func (s *Server) exportCreate(c echo.Context) error {
	ctx := c.Request().Context()
	v := visiting(c)
	err := s.db.Shared(ctx, func(tx *db.SharedTx) error {
		if err := tx.TenantLock(ctx, v.tenant.ID); err != nil {
			return err
		}
		running, err := tx.ExportRunning(ctx, v.tenant.ID)
		if err != nil || running {
			return err
		}
		if err := tx.ExportExpireOlder(ctx, v.tenant.ID); err != nil {
			return err
		}
		id := uuid.Must(uuid.NewV7())
		err = tx.ExportInsert(ctx, shareddb.ExportInsertParams{ID: id, TenantID: v.tenant.ID, RequestedBy: v.who.MemberID, ExpiresAt: time.Now().Add(archive.Keep)})
		if err != nil {
			return err
		}
		if err := auth.AuditShared(ctx, tx, auth.DidExport, "The whole workspace"); err != nil {
			return err
		}
		return tx.Enqueue(ctx, archive.Job{TenantJob: db.TenantJob{TenantID: v.tenant.ID}, ExportID: id})
	})
	if err != nil {
		return err
	}
	return s.redirect(c, "/settings/data")
}

// exportDownload sends an archive piece by piece; nothing of the database is
// held while a client reads.
func (s *Server) exportDownload(c echo.Context) error {
	ctx := c.Request().Context()
	v := visiting(c)
	id, err := pathID(c)
	if err != nil {
		return err
	}
	var row shareddb.ExportGetRow
	err = s.db.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		row, err = tx.ExportGet(ctx, id, v.tenant.ID)
		return err
	})
	if err != nil {
		return err
	}
	if row.State != "done" {
		return errNotFound
	}
	if c.Request().Method == http.MethodHead {
		return c.NoContent(http.StatusOK)
	}
	err = s.db.Tenant(ctx, func(tx *db.TenantTx) error {
		return auth.Audit(ctx, tx, auth.DidExport, "The archive of "+row.CreatedAt.UTC().Format(time.DateOnly)+", downloaded")
	})
	if err != nil {
		return err
	}
	v.leave() // as slow as the client may be, others have the slot
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, "application/zip")
	h.Set(echo.HeaderContentLength, fmt.Sprint(row.Size))
	h.Set(echo.HeaderContentDisposition, `attachment; filename="`+v.tenant.Slug+"-"+row.CreatedAt.UTC().Format("2006-01-02")+`.paddock.zip"`)
	c.Response().WriteHeader(http.StatusOK)
	// As long as it goes on: the server's own limit is for pages.
	control := http.NewResponseController(c.Response().Writer)
	for n, sent := int32(0), int64(0); sent < row.Size; n++ {
		var chunk []byte
		err := s.db.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
			chunk, err = tx.ExportChunk(ctx, id, n)
			return err
		})
		if err != nil {
			return err
		}
		_ = control.SetWriteDeadline(time.Now().Add(writeTimeout)) // where it can't be set, the limit stays
		if _, err := c.Response().Write(chunk); err != nil {
			return err
		}
		sent += int64(len(chunk))
	}
	return nil
}

// workspaceClose deletes the workspace, after its address was typed.
func (s *Server) workspaceClose(c echo.Context) error {
	ctx := c.Request().Context()
	v := visiting(c)
	f := readForm(c, views.CloseFields, false)
	if f.Values["slug"] != v.tenant.Slug {
		f.fail("slug", "This is not the workspace’s address: “"+v.tenant.Slug+"”.")
	}
	if !f.Valid() {
		return s.renderData(c, http.StatusUnprocessableEntity, views.DataPage{Close: f.Form})
	}
	err := s.db.Shared(ctx, func(tx *db.SharedTx) error {
		members, err := tx.MembershipList(ctx, v.tenant.ID)
		if err != nil {
			return err
		}
		for _, m := range members {
			if auth.Role(m.Role) != auth.Owner {
				continue
			}
			if err := s.mail(ctx, tx, uuid.Nil, m.Email, letter.Closed(v.tenant.Name, v.who.Name)); err != nil {
				return err
			}
		}
		if err := auth.AuditShared(ctx, tx, auth.DidDelete, v.tenant.Name+", workspace"); err != nil {
			return err
		}
		return tenant.Delete(ctx, tx, v.tenant.Slug)
	})
	if err != nil {
		return err
	}
	s.hosts.Forget(v.tenant.Slug)
	return s.leave(c, s.siteURL("/workspaces", nil))
}

// supportConsent lets operators look in for a while without asking first.
func (s *Server) supportConsent(c echo.Context) error {
	ctx := c.Request().Context()
	v := visiting(c)
	until := time.Now().Add(auth.ConsentTime)
	err := s.db.Shared(ctx, func(tx *db.SharedTx) error {
		if err := tx.TenantSupportConsent(ctx, &until, v.tenant.ID); err != nil {
			return err
		}
		return auth.AuditShared(ctx, tx, auth.DidConsent, "until "+until.UTC().Format(time.DateOnly))
	})
	if err != nil {
		return err
	}
	s.hosts.Forget(v.tenant.Slug)
	return s.say(c, "/settings/data", "Support may look in for a week")
}

// supportRefuse takes the consent back, and ends a look that is under way.
func (s *Server) supportRefuse(c echo.Context) error {
	ctx := c.Request().Context()
	v := visiting(c)
	err := s.db.Shared(ctx, func(tx *db.SharedTx) error {
		if err := tx.TenantSupportConsent(ctx, nil, v.tenant.ID); err != nil {
			return err
		}
		if err := auth.SupportEnd(ctx, tx, v.tenant.ID); err != nil {
			return err
		}
		return auth.AuditShared(ctx, tx, auth.DidEndSupport, "")
	})
	if err != nil {
		return err
	}
	s.hosts.Forget(v.tenant.Slug)
	return s.say(c, "/settings/data", "Support is out. To look in again they have to give a reason, and you get a mail")
}
