package records

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/notify"
	"github.com/paddock-crm/paddock/app/seal"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// Notifications serves what members are told of.
type Notifications struct {
	DB  *db.DB
	Hub *notify.Hub
	Box *seal.Box
	// looking bounds how many streams ask the database at a time: a burst of news must leave
	// room for people's pages.
	looking chan struct{}
}

// NewNotifications returns their handler.
func NewNotifications(d *db.DB, hub *notify.Hub, box *seal.Box) Notifications {
	return Notifications{DB: d, Hub: hub, Box: box, looking: make(chan struct{}, 2)}
}

// notificationsShown is how many a page has.
const notificationsShown = 50

// List is the page of them, the last first.
func (h Notifications) List(c echo.Context) error {
	ctx := c.Request().Context()
	p := views.NotificationsPage{Shell: page.Shell(c, "notifications", "Notifications")}
	before, after := time.Now().Add(time.Hour), uuid.Max
	if at, id, ok := strings.Cut(c.QueryParam("before"), "_"); ok {
		n, err := strconv.ParseInt(at, 10, 64)
		known, bad := uuid.Parse(id)
		if err != nil || bad != nil {
			return page.ErrNotFound
		}
		before, after = time.UnixMicro(n), known
	}
	err := h.DB.TenantRead(ctx, func(tx *db.TenantTx) error {
		rows, err := tx.NotificationList(ctx, tenantdb.NotificationListParams{MemberID: page.From(c).Who.MemberID, At: before, ID: after,
			N: notificationsShown + 1})
		if err != nil {
			return err
		}
		rows, p.Next = page.Next(c, rows, notificationsShown, "before", func(r tenantdb.NotificationListRow) string {
			return fmt.Sprintf("%d_%s", r.At.UnixMicro(), r.ID)
		})
		var ids []uuid.UUID
		for _, r := range rows {
			if r.SubjectID != nil {
				ids = append(ids, *r.SubjectID)
			}
		}
		names, err := tx.RecordNames(ctx, ids)
		p.Rows = views.NotificationLines(rows, names)
		return err
	})
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, views.Notifications(p), nil)
}

// Open marks one as read and goes where it leads: a mail's link comes here, by way of the
// sign-in where that is needed.
func (h Notifications) Open(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := page.PathID(c)
	if err != nil {
		return err
	}
	v := page.From(c)
	var row tenantdb.NotificationGetRow
	open := func(tx *db.TenantTx) (err error) {
		if row, err = tx.NotificationGet(ctx, id, v.Who.MemberID); err != nil || v.Who.Support {
			return err
		}
		return tx.NotificationRead(ctx, id, v.Who.MemberID)
	}
	if v.Who.Support { // who looks in leaves everything unread
		err = h.DB.TenantRead(ctx, open)
	} else {
		err = h.DB.Tenant(ctx, open)
	}
	if err != nil {
		return err
	}
	n := entity.Notification{Kind: row.Kind, Subject: entity.Kind(row.SubjectType)}
	return page.Redirect(c, n.Path(func(k entity.Kind) string { return entity.For(k).URL(*row.SubjectID) }))
}

// Read marks those that the page showed as read.
func (h Notifications) Read(c echo.Context) error {
	ctx := c.Request().Context()
	until := time.Now()
	if n, err := strconv.ParseInt(c.FormValue("until"), 10, 64); err == nil {
		until = time.UnixMicro(n)
	}
	err := h.DB.Tenant(ctx, func(tx *db.TenantTx) error { return tx.NotificationsRead(ctx, page.From(c).Who.MemberID, until) })
	if err != nil {
		return err
	}
	return page.Redirect(c, "/notifications")
}

// How a stream lasts: proxies close what is silent for a minute, and who was removed or
// signed out is asked again.
const (
	streamBeat = 45 * time.Second
	streamLife = 10 * time.Minute
)

// Stream tells an open page how many are unread, now and whenever that changes. It holds
// nothing of the database, and no request's slot, while nothing happens.
func (h Notifications) Stream(c echo.Context) error {
	v := page.From(c)
	open := h.Hub.Open(v.Who.MemberID) // before the first look: nothing falls between
	defer open.Close()
	unread, err := h.unread(c)
	if err != nil {
		return err
	}
	events := page.Events(c)
	err = events.Send("unread", strconv.FormatInt(unread, 10))
	if err != nil || !strings.Contains(c.Request().Header.Get(echo.HeaderAccept), page.EventsType) { // who asks for no stream asks once
		return nil // whoever listened has gone
	}
	beat := time.NewTicker(streamBeat)
	defer beat.Stop()
	end := time.NewTimer(streamLife + rand.N(streamLife/4)) //nolint:gosec // no secret: so that they do not all come back at once
	defer end.Stop()
	for {
		select {
		case <-c.Request().Context().Done():
			return nil
		case <-end.C:
			return nil
		case <-beat.C:
			err = events.Beat()
		case _, is := <-open.Woken():
			if !is {
				return nil
			}
			if unread, err = h.unread(c); err == nil {
				err = events.Send("unread", strconv.FormatInt(unread, 10))
			}
		}
		if err != nil {
			return nil // the page comes back, and asks again
		}
	}
}

// unread is how many the person has not read, 100 for more.
func (h Notifications) unread(c echo.Context) (n int64, err error) {
	ctx := c.Request().Context()
	select {
	case h.looking <- struct{}{}:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	defer func() { <-h.looking }()
	err = h.DB.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		n, err = tx.NotificationsUnread(ctx, page.From(c).Who.MemberID)
		return err
	})
	return n, err
}

// Settings is the form of how one is told.
func (h Notifications) Settings(c echo.Context) error {
	var mail string
	ctx := c.Request().Context()
	err := h.DB.TenantRead(ctx, func(tx *db.TenantTx) error {
		row, err := tx.MemberMail(ctx, page.From(c).Who.MemberID)
		if errors.Is(err, pgx.ErrNoRows) { // who looks in is no member
			return nil
		}
		mail = row.Mail
		return err
	})
	if err != nil {
		return err
	}
	return h.renderSettings(c, http.StatusOK, ui.Form{Values: map[string]string{"mail": mail}})
}

func (h Notifications) renderSettings(c echo.Context, status int, f ui.Form) error {
	p := views.NotificationSettings(page.Shell(c, "settings", "Notifications"), f)
	return page.Render(c, status, views.Settings(p), views.SettingsForm(p))
}

// SettingsUpdate saves it.
func (h Notifications) SettingsUpdate(c echo.Context) error {
	f := page.ReadForm(c, views.NotificationFields, true)
	if !f.Valid() {
		return h.renderSettings(c, http.StatusUnprocessableEntity, f.Form)
	}
	ctx := c.Request().Context()
	err := h.DB.Tenant(ctx, func(tx *db.TenantTx) error { return tx.MemberMailSet(ctx, f.Values["mail"], page.From(c).Who.MemberID) })
	if err != nil {
		return err
	}
	return page.Saved(c, "/settings/notifications")
}

// UnsubscribeForm asks whoever follows a mail's link, signed in or not.
func (h Notifications) UnsubscribeForm(c echo.Context) error {
	if _, err := h.unsubscriber(c); err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, views.Unsubscribe(page.SiteShell(c, "Unsubscribe"), c.QueryParam("token"), page.From(c).Tenant.Name,
		false), nil)
}

// Unsubscribe ends a member's mails: by the form, or by a mail program on its own (RFC 8058).
func (h Notifications) Unsubscribe(c echo.Context) error {
	member, err := h.unsubscriber(c)
	if err != nil {
		return err
	}
	v := page.From(c)
	ctx := db.WithScope(c.Request().Context(), db.Scope{TenantID: v.Tenant.ID, Schema: v.Tenant.Schema})
	if err := h.DB.Tenant(ctx, func(tx *db.TenantTx) error { return tx.MemberMailSet(ctx, notify.Never, member) }); err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, views.Unsubscribe(page.SiteShell(c, "Unsubscribe"), "", v.Tenant.Name, true), nil)
}

// unsubscriber is whose mail the token came with.
func (h Notifications) unsubscriber(c echo.Context) (uuid.UUID, error) {
	text, err := h.Box.Open(notify.UnsubscribePurpose, c.QueryParam("token"))
	tenant, member, _ := strings.Cut(text, " ")
	id, bad := uuid.Parse(member)
	if err != nil || bad != nil || tenant != page.From(c).Tenant.ID.String() {
		return uuid.Nil, page.ErrNotFound
	}
	return id, nil
}

// Follow has the person told of what happens to the record; Unfollow no more.
func (r *Handler) Follow(c echo.Context) error {
	r = r.of(c)
	return r.following(c, ui.Flash{Message: "You are told of notes and moves from now on"}, func(tx *db.TenantTx, rec views.Record) error {
		return tx.FollowerPut(c.Request().Context(), string(r.Look.Kind), rec.ID, tx.MemberID())
	})
}

// Unfollow ends that.
func (r *Handler) Unfollow(c echo.Context) error {
	r = r.of(c)
	return r.following(c, ui.Flash{Message: "You follow this no more"}, func(tx *db.TenantTx, rec views.Record) error {
		return tx.FollowerDelete(c.Request().Context(), rec.ID, tx.MemberID())
	})
}

func (r *Handler) following(c echo.Context, flash ui.Flash, change func(*db.TenantTx, views.Record) error) error {
	ctx := c.Request().Context()
	id, err := page.PathID(c)
	if err != nil {
		return err
	}
	var rec views.Record
	err = r.DB.Tenant(ctx, func(tx *db.TenantTx) (err error) {
		if rec, err = r.liveIn(c, tx, id); err != nil {
			return err
		}
		return change(tx, rec)
	})
	if err != nil {
		return err
	}
	if err := page.SetFlash(c, flash); err != nil {
		return err
	}
	return page.Redirect(c, rec.URL())
}
