package records

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
)

// timelineSize is how many lines a timeline shows at once.
const timelineSize = tenantdb.TimelineRows - 1

// readTimeline reads a page of the timeline: from its top, with what is pinned,
// or behind the line that after names.
func readTimeline(ctx context.Context, tx *db.TenantTx, after string, p *views.TimelinePage) error {
	at, key := time.Now().Add(time.Hour), "~" // before anything
	if after != "" {
		var err error
		if at, key, err = parseMoment(after); err != nil {
			return err
		}
	}
	var own []tenantdb.EntityChangesRow
	reads := []func() error{func() (err error) { p.Rows, err = tx.Timeline(ctx, p.ID, at, key); return err }}
	if after == "" {
		if p.Look.Subject() != nil {
			// Its own changes show on the timeline of what it is about, and here.
			reads = append(reads, func() (err error) { own, err = tx.EntityChanges(ctx, p.ID, timelineSize); return err })
		}
		reads = append(reads, func() (err error) { p.Pinned, err = tx.NotesPinned(ctx, p.ID); return err })
	}
	if err := tx.Batch(reads...); err != nil {
		return err
	}
	if len(p.Rows) > timelineSize {
		p.Rows = p.Rows[:timelineSize]
		last := p.Rows[timelineSize-1]
		p.Next = momentCursor(last.At, last.Key)
	}
	p.Rows = mergeTimeline(p.Rows, own)
	ids, kinds := p.Named()
	var err error
	p.Names, err = namesOf(ctx, tx.Queries, ids, kinds...)
	return err
}

// mergeTimeline adds the changes that the timeline does not have.
func mergeTimeline(rows []tenantdb.TimelineRow, own []tenantdb.EntityChangesRow) []tenantdb.TimelineRow {
	if len(own) == 0 {
		return rows
	}
	have := map[string]bool{}
	for _, r := range rows {
		have[r.Kind+r.Key] = true
	}
	for _, c := range own {
		key := fmt.Sprintf("%020d", c.ID) // as Timeline's own
		if have["change"+key] {
			continue
		}
		set := c.ChangeSet
		rows = append(rows, tenantdb.TimelineRow{
			Kind: "change", Key: key, At: c.At, MemberID: c.MemberID, MemberName: c.MemberName,
			Entity: c.Entity, EntityID: c.EntityID, Op: c.Op, Before: c.Before, After: c.After, ChangeSet: &set,
		})
	}
	slices.SortStableFunc(rows, func(a, b tenantdb.TimelineRow) int {
		return cmp.Or(b.At.Compare(a.At), strings.Compare(b.Key, a.Key))
	})
	return rows
}

// A moment cursor names a line by its time and a key that tells those of the
// same time apart.
func momentCursor(at time.Time, key string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(at.UTC().Format(time.RFC3339Nano) + " " + key))
}

func parseMoment(s string) (time.Time, string, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || !page.Storable(string(b)) {
		return time.Time{}, "", tenantdb.ErrBadCursor
	}
	text, key, ok := strings.Cut(string(b), " ")
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || !ok {
		return time.Time{}, "", tenantdb.ErrBadCursor
	}
	return at, key, nil
}

// Timeline is a record's timeline from its top, or its next lines.
func (r *Handler) Timeline(c echo.Context) error {
	r = r.of(c)
	ctx := c.Request().Context()
	rec, err := r.live(c)
	if err != nil {
		return err
	}
	p := timelinePage(c, r.Look, rec.ID)
	p.Code = currencyOf(rec.Record)
	p.Shell = page.Shell(c, r.Look.Many, rec.Name())
	after := c.QueryParam("after")
	err = r.DB.TenantRead(ctx, func(tx *db.TenantTx) error { return readTimeline(ctx, tx, after, &p) })
	if err != nil {
		return err
	}
	r.Notes.show(&p)
	if after == "" {
		return page.Render(c, http.StatusOK, views.TimelineOnly(p, rec), views.Happened(p, false))
	}
	return page.Render(c, http.StatusOK, views.TimelineOnly(p, rec), views.TimelineRows(p))
}

func timelinePage(c echo.Context, look *views.Look, id uuid.UUID) views.TimelinePage {
	v := page.From(c)
	return views.TimelinePage{Look: look, ID: id, Me: v.Who.MemberID, Manages: v.Who.Role.May(auth.Manage)}
}
