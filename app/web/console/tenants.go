package console

import (
	"cmp"
	"context"
	"errors"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/archive"
	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/mail"
	"github.com/paddock-crm/paddock/app/seal"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/views"
	letter "github.com/paddock-crm/paddock/views/mail"
	"github.com/paddock-crm/paddock/views/ui"
)

// pageSize is how many rows a list of the console shows.
const pageSize = 50

// Start leads to the workspaces.
func (h *Handler) Start(c echo.Context) error { return page.Leave(c, "/tenants") }

// Tenants is the list of all workspaces.
func (h *Handler) Tenants(c echo.Context) error {
	ctx := c.Request().Context()
	q := c.QueryParams()
	p := views.TenantsPage{Console: page.ConsoleShell(c, "tenants", "Workspaces"), Query: q, Latest: db.TenantVersion(),
		Counts: map[string]int64{}}
	err := h.DB.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		p.Rows, err = tx.TenantLines(ctx, shareddb.TenantFilter{Q: strings.TrimSpace(q.Get("q")), State: q.Get("state"), Sort: q.Get("sort"),
			After: q.Get("after"), N: pageSize + 1})
		if err != nil {
			return err
		}
		counts, err := tx.TenantCounts(ctx)
		for _, n := range counts {
			p.Counts[n.State] = n.N
		}
		return err
	})
	if err != nil {
		return err
	}
	p.Rows, p.Next = page.Next(c, p.Rows, pageSize, "after", func(r shareddb.TenantLine) string { return r.Cursor })
	return page.Render(c, http.StatusOK, views.Tenants(p), nil)
}

// TenantNew is the form of one that is made for somebody.
func (h *Handler) TenantNew(c echo.Context) error {
	return h.renderTenantForm(c, http.StatusOK, ui.Form{})
}

func (h *Handler) renderTenantForm(c echo.Context, status int, f ui.Form) error {
	p := views.TenantFormPage{Console: page.ConsoleShell(c, "tenants", "New workspace"), Form: f}
	return page.Render(c, status, views.TenantNew(p), views.TenantForm(p))
}

// TenantCreate makes it, with its owner.
func (h *Handler) TenantCreate(c echo.Context) error {
	f := page.ReadForm(c, views.TenantFields, true)
	var t tenant.Tenant
	if f.Valid() {
		var err error
		t, err = Provision(c.Request().Context(), h.DB, h.Box, *h.Base.URL, f.Values["name"], strings.ToLower(f.Values["slug"]),
			strings.ToLower(f.Values["owner_email"]))
		if p := page.SlugProblem(err); p != "" {
			f.Fail("slug", p)
		} else if err != nil {
			return err
		}
	}
	if !f.Valid() {
		return h.renderTenantForm(c, http.StatusUnprocessableEntity, f.Form)
	}
	return page.Say(c, "/tenants/"+t.ID.String(), t.Name+" is ready; its owner gets a mail")
}

// Provision makes a workspace for somebody else, in one transaction with its
// owner and the mail to them. Who has no account gets one, whose password they
// choose by that mail. It answers tenant.ErrSlug….
func Provision(ctx context.Context, d *db.DB, box *seal.Box, base url.URL, name, slug, email string) (tenant.Tenant, error) {
	var known shareddb.UserByEmailRow
	err := d.SharedRead(ctx, func(tx *db.SharedTx) error {
		found, err := tx.UserByEmail(ctx, email)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		known = found
		return err
	})
	if err != nil {
		return tenant.Tenant{}, err
	}
	local, _, _ := strings.Cut(email, "@")
	in := auth.SignUpInput{Workspace: name, Slug: slug, Name: local, Email: email, ByOperator: true}
	fresh := known.PasswordHash == ""
	in.Then = func(ctx context.Context, tx *db.SharedTx, r auth.SignUpResult) error {
		if known.ID != uuid.Nil && known.EmailVerifiedAt == nil {
			// Whoever signed up with it before is not known to be the one meant.
			if err := auth.ForgetUnproven(ctx, tx, known.ID); err != nil {
				return err
			}
			fresh = true
		}
		home, forgot := base, base // the transaction may be tried again
		forgot.Path, forgot.RawQuery = "/password/forgot", url.Values{"email": {email}}.Encode()
		home.Host = r.Tenant.Slug + "." + home.Host
		job, err := mail.LetterJob(ctx, box, r.Tenant.ID, email, letter.Created(r.Tenant.Name, home.String(), forgot.String(), fresh))
		if err != nil {
			return err
		}
		return tx.Enqueue(ctx, job)
	}
	r, err := auth.CreateWorkspace(ctx, d, in, known, "")
	return r.Tenant, err
}

// Tenant is a workspace’s page: its people, domains, use and limits.
func (h *Handler) Tenant(c echo.Context) error {
	return h.renderTenant(c, http.StatusOK, "", ui.Form{})
}

// renderTenant shows a workspace; posted names the form of f, "" for none.
func (h *Handler) renderTenant(c echo.Context, status int, posted string, f ui.Form) error {
	ctx := c.Request().Context()
	id, err := page.PathID(c)
	if err != nil {
		return err
	}
	p := views.TenantPage{Console: page.ConsoleShell(c, "tenants", ""), Suffix: "." + h.Base.URL.Host, Latest: db.TenantVersion(),
		Posted: posted, Form: f}
	err = h.DB.SharedRead(ctx, func(tx *db.SharedTx) error {
		row, err := tx.TenantShow(ctx, id)
		if err != nil {
			return err
		}
		p.Tenant, p.Stats = row.Tenant, row.TenantStat
		if p.Members, err = tx.MembershipList(ctx, id); err != nil {
			return err
		}
		if p.Domains, err = tx.DomainList(ctx, id); err != nil {
			return err
		}
		p.Usage, err = tx.UsageList(ctx, id, time.Now().AddDate(0, 0, -30))
		return err
	})
	if err != nil {
		return err
	}
	t := tenant.FromRow(p.Tenant)
	p.Title, p.URL, p.Consented = t.Name, h.Base.WorkspaceURL(t.Slug, "/", nil), auth.Consented(t)
	if p.Tenant.DeletedAt != nil {
		p.DropAt = p.Tenant.DeletedAt.Add(tenant.DeletedTime)
	}
	p.Defaults = limitLines(p.Tenant)
	return page.Render(c, status, views.Tenant(p), nil)
}

// limitLines are the fields of the limits with how they are for all, in the
// order of views.LimitFields.
func limitLines(r shareddb.Tenant) (out []views.LimitLine) {
	d := tenant.DefaultLimits
	defaults := []int64{d.Statement.Milliseconds(), int64(d.Concurrent), int64(d.Requests), d.Records, d.Bytes >> 20, int64(d.Jobs)}
	var megabytes *int64
	if r.LimitBytes != nil {
		n := *r.LimitBytes >> 20
		megabytes = &n
	}
	own := []*int64{wide(r.LimitStatementMs), wide(r.LimitConcurrent), wide(r.LimitRequests), r.LimitRecords, megabytes, wide(r.LimitJobs)}
	for i, f := range views.LimitFields {
		l := views.LimitLine{Field: f, Default: strconv.FormatInt(defaults[i], 10)}
		if own[i] != nil {
			l.Value = strconv.FormatInt(*own[i], 10)
		}
		out = append(out, l)
	}
	return out
}

func wide(n *int32) *int64 {
	if n == nil {
		return nil
	}
	w := int64(*n)
	return &w
}

// operate changes the workspace of the path, in one transaction with the line in
// its audit log that what makes; then it says so, at back or else on the
// workspace's page.
func (h *Handler) operate(c echo.Context, back, done string,
	change func(ctx context.Context, tx *db.SharedTx, t tenant.Tenant) (what string, err error)) error {
	ctx := c.Request().Context()
	id, err := page.PathID(c)
	if err != nil {
		return err
	}
	var t tenant.Tenant
	err = h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		row, err := tx.TenantGet(ctx, id)
		if err != nil {
			return err
		}
		t = tenant.FromRow(row.Tenant)
		what, err := change(ctx, tx, t)
		if err != nil {
			return err
		}
		h.Log.InfoContext(ctx, "operator", "request_id", page.RequestID(c), "operator", page.From(c).Who.Email, "tenant", t.Slug, "did", what)
		return auth.AuditOperator(ctx, tx, t, page.From(c).Who.Email, auth.DidOperate, what)
	})
	if e := (tenant.StateError{}); errors.As(err, &e) {
		return &page.Problem{Status: http.StatusConflict, Title: "This was changed meanwhile",
			Text: "The workspace is " + e.State + " by now. Look at it again."}
	}
	if err != nil {
		return err
	}
	h.Hosts.Forget(t.Slug)
	return page.Say(c, cmp.Or(back, "/tenants/"+t.ID.String()), t.Name+" "+done)
}

// TenantSuspend closes it to its people; nothing is lost.
func (h *Handler) TenantSuspend(c echo.Context) error {
	return h.operate(c, "", "is suspended", func(ctx context.Context, tx *db.SharedTx, t tenant.Tenant) (string, error) {
		return "the workspace: suspended", tenant.Suspend(ctx, tx, t.Slug)
	})
}

// TenantResume opens it again.
func (h *Handler) TenantResume(c echo.Context) error {
	return h.operate(c, "", "is open again", func(ctx context.Context, tx *db.SharedTx, t tenant.Tenant) (string, error) {
		return "the workspace: resumed", tenant.Resume(ctx, tx, t.Slug)
	})
}

// TenantDelete takes it away; for tenant.DeletedTime it can be brought back.
func (h *Handler) TenantDelete(c echo.Context) error {
	return h.operate(c, "", "is deleted; it can be brought back for 30 days",
		func(ctx context.Context, tx *db.SharedTx, t tenant.Tenant) (string, error) {
			return "the workspace: deleted", tenant.Delete(ctx, tx, t.Slug)
		})
}

// TenantRestore brings it back.
func (h *Handler) TenantRestore(c echo.Context) error {
	return h.operate(c, "", "is back", func(ctx context.Context, tx *db.SharedTx, t tenant.Tenant) (string, error) {
		return "the workspace: brought back", tenant.Undelete(ctx, tx, t.Slug)
	})
}

// TenantRename gives it another slug.
func (h *Handler) TenantRename(c echo.Context) error {
	f := page.ReadForm(c, views.RenameFields, true)
	if f.Valid() {
		to := strings.ToLower(f.Values["slug"])
		err := h.operate(c, "", "is now at "+to, func(ctx context.Context, tx *db.SharedTx, t tenant.Tenant) (string, error) {
			return "the address to " + to, tenant.Rename(ctx, tx, t.Slug, to)
		})
		p := page.SlugProblem(err)
		if p == "" {
			return err
		}
		f.Fail("slug", p)
	}
	return h.renderTenant(c, http.StatusUnprocessableEntity, "slug", f.Form)
}

// TenantClone has the copy made by a job: it takes as long as the workspace is
// large.
func (h *Handler) TenantClone(c echo.Context) error {
	f := page.ReadForm(c, views.CloneFields, true)
	f.Values["slug"] = strings.ToLower(f.Values["slug"])
	if f.Valid() {
		if err := page.CheckSlug(c, h.DB, f); err != nil {
			return err
		}
	}
	if !f.Valid() {
		return h.renderTenant(c, http.StatusUnprocessableEntity, "clone", f.Form)
	}
	return h.operate(c, "", "is being copied to "+f.Values["slug"]+"; it is in the list as soon as it is whole",
		func(ctx context.Context, tx *db.SharedTx, t tenant.Tenant) (string, error) {
			return "nothing here; made a copy", tx.Enqueue(ctx, archive.CloneJob{Slug: t.Slug, To: f.Values["slug"]})
		})
}

// TenantLimits sets what it may use; an empty field is what all may.
func (h *Handler) TenantLimits(c echo.Context) error {
	f := page.ReadForm(c, views.LimitFields, false)
	limitsOf(f)
	if !f.Valid() {
		return h.renderTenant(c, http.StatusUnprocessableEntity, "limits", f.Form)
	}
	return h.operate(c, "", "has these limits now", func(ctx context.Context, tx *db.SharedTx, t tenant.Tenant) (string, error) {
		row, err := tx.TenantGet(ctx, t.ID)
		if err != nil {
			return "", err
		}
		for _, l := range limitLines(row.Tenant) {
			if !f.Present[l.Field.Name] { // what was not sent stays as it is
				f.Values[l.Field.Name] = l.Value
			}
		}
		p := limitsOf(f)
		p.ID = t.ID
		if err := tx.TenantSetLimits(ctx, p); err != nil {
			return "", err
		}
		return "the limits", tenant.CheckFull(ctx, tx, t.ID)
	})
}

// limitsOf reads views.LimitFields.
func limitsOf(f *page.Form) (p shareddb.TenantSetLimitsParams) {
	p.StatementMs = limit(f, "statement_ms", 100, 600_000)
	p.Concurrent = limit(f, "concurrent", 1, 10_000)
	p.Requests = limit(f, "requests", 1, 100_000_000)
	p.Jobs = limit(f, "jobs", 1, 100_000_000)
	p.Records = wide(limit(f, "records", 1, math.MaxInt32))
	if mb := limit(f, "megabytes", 1, 100_000_000); mb != nil {
		n := int64(*mb) << 20
		p.Bytes = &n
	}
	return p
}

// limit reads a whole number within bounds; nil where the field is empty, or
// wrong already.
func limit(f *page.Form, name string, least, most int32) *int32 {
	if f.Values[name] == "" || f.Errors[name] != "" {
		return nil
	}
	n, err := entity.Formats{}.ParseCount(f.Values[name])
	if err != nil {
		f.Wrong(name, err)
		return nil
	}
	if n < least || n > most {
		f.Fail(name, "A number from "+ui.Count(int(least))+" to "+ui.Count(int(most))+", or nothing")
	}
	return &n
}
