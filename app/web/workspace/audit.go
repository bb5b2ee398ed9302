package workspace

import (
	"encoding/csv"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// How much of the log a page holds, and is read at a time for a file.
const (
	auditPage = 50
	auditPart = 2000
)

// auditFilter reads what the log is narrowed to; a day is the person's own.
func auditFilter(c echo.Context, p *views.AuditPage, zone *time.Location) tenantdb.AuditListParams {
	q := c.QueryParams()
	p.Query = url.Values{}
	for _, name := range []string{"action", "member", "from", "to"} {
		if v := q.Get(name); v != "" {
			p.Query.Set(name, v)
		}
	}
	filter := tenantdb.AuditListParams{Action: q.Get("action"), Since: time.Unix(0, 0), Before: time.Now().AddDate(1, 0, 0),
		BeforeID: math.MaxInt64}
	if id, err := uuid.Parse(q.Get("member")); err == nil {
		filter.MemberID = &id
	}
	if d, err := time.ParseInLocation(time.DateOnly, q.Get("from"), zone); err == nil {
		filter.Since = d
	}
	if d, err := time.ParseInLocation(time.DateOnly, q.Get("to"), zone); err == nil {
		filter.Before = d.AddDate(0, 0, 1)
	}
	// A page goes on where the one before has ended.
	micros, id, _ := strings.Cut(q.Get("before"), ".")
	at, err1 := strconv.ParseInt(micros, 10, 64)
	line, err2 := strconv.ParseInt(id, 10, 64)
	if below := time.UnixMicro(at); err1 == nil && err2 == nil && below.Before(filter.Before) {
		filter.Before, filter.BeforeID = below, line
	}
	return filter
}

// Audit is the log of who did what that matters to all.
func (h *Handler) Audit(c echo.Context) error {
	ctx := c.Request().Context()
	p := views.AuditPage{Shell: page.Shell(c, "settings", "Audit log")}
	filter := auditFilter(c, &p, p.Zone)
	filter.N = auditPage + 1
	err := h.DB.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		if p.Rows, err = tx.AuditList(ctx, filter); err != nil {
			return err
		}
		actions, err := tx.AuditActions(ctx)
		if err != nil {
			return err
		}
		for _, a := range actions {
			p.Actions = append(p.Actions, ui.Option{Value: a, Label: a})
		}
		members, err := tx.MemberList(ctx)
		for _, m := range members {
			p.Members = append(p.Members, ui.Option{Value: m.ID.String(), Label: m.Name})
		}
		return err
	})
	if err != nil {
		return err
	}
	if len(p.Rows) > auditPage {
		p.Rows = p.Rows[:auditPage]
		last := p.Rows[auditPage-1]
		next := url.Values{"before": {fmt.Sprintf("%d.%d", last.At.UnixMicro(), last.ID)}}
		maps.Copy(next, p.Query)
		p.Next = "/settings/audit?" + next.Encode()
	}
	for i := range p.Rows {
		p.Rows[i].Device = auth.DeviceName(p.Rows[i].Device)
	}
	return page.Render(c, http.StatusOK, views.Audit(p), nil)
}

// AuditCSV is the same as a file, all of it, a part at a time: nothing of the
// database is held while a client reads. That it was taken is in the log too.
func (h *Handler) AuditCSV(c echo.Context) error {
	ctx := c.Request().Context()
	var p views.AuditPage
	filter := auditFilter(c, &p, page.From(c).Formats(c).Zone)
	filter.N = auditPart
	if now := time.Now(); filter.Before.After(now) {
		filter.Before = now // what is written from here on would never end
	}
	var rows []tenantdb.Audit
	read := func() (err error) {
		return h.DB.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
			rows, err = tx.AuditList(ctx, filter)
			return err
		})
	}
	if err := read(); err != nil { // before anything is said
		return err
	}
	err := h.DB.Tenant(ctx, func(tx *db.TenantTx) error { return auth.Audit(ctx, tx, auth.DidExport, "Audit log") })
	if err != nil {
		return err
	}
	w := csv.NewWriter(page.Stream(c, "text/csv; charset=utf-8", "audit-"+page.From(c).Tenant.Slug+".csv", 0))
	_ = w.Write([]string{"at", "who", "did", "what", "address", "device"}) // Flush tells
	for {
		for _, r := range rows {
			_ = w.Write([]string{r.At.UTC().Format(time.RFC3339), cell(r.Actor), cell(r.Action), cell(r.Subject), cell(r.Ip), cell(r.Device)})
			filter.Before, filter.BeforeID = r.At, r.ID
		}
		w.Flush()
		if err := w.Error(); err != nil || len(rows) < auditPart {
			return err
		}
		if err := read(); err != nil {
			return err
		}
	}
}

// cell quotes what a spreadsheet would take for a formula (OWASP, CSV
// Injection): spaces before it do not help.
func cell(s string) string {
	if t := strings.TrimLeft(s, " "); t != "" && strings.ContainsAny(t[:1], "=+-@\t\r\n") {
		return "'" + s
	}
	return s
}
