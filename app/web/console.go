package web

import (
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
	"github.com/paddock-crm/paddock/app/jobs"
	"github.com/paddock-crm/paddock/app/mail"
	"github.com/paddock-crm/paddock/app/seal"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/views"
	letter "github.com/paddock-crm/paddock/views/mail"
	"github.com/paddock-crm/paddock/views/ui"
)

// consolePage is how many rows a list of the console shows.
const consolePage = 50

// consoleShell is what a page of the console has around it.
func (s *Server) consoleShell(c echo.Context, section, title string) views.Console {
	v := visiting(c)
	return views.Console{Title: title, Section: section, Name: v.who.Name, Email: v.who.Email, Theme: v.who.Theme, Flash: s.takeFlash(c), Formats: v.formats(c)}
}

func (s *Server) consoleStart(c echo.Context) error { return s.leave(c, "/tenants") }

func (s *Server) tenants(c echo.Context) error {
	ctx := c.Request().Context()
	q := c.QueryParams()
	p := views.TenantsPage{Console: s.consoleShell(c, "tenants", "Workspaces"), Query: q, Latest: db.TenantVersion(), Counts: map[string]int64{}}
	err := s.db.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		p.Rows, err = tx.TenantLines(ctx, shareddb.TenantFilter{Q: strings.TrimSpace(q.Get("q")), State: q.Get("state"), Sort: q.Get("sort"), After: q.Get("after"), N: consolePage + 1})
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
	p.Rows, p.Next = pageOf(c, p.Rows, func(r shareddb.TenantLine) string { return r.Cursor })
	return s.render(c, http.StatusOK, views.Tenants(p), nil)
}

// pageOf cuts the row off that was read to know whether there is another page,
// and returns where that is; "" for nowhere.
func pageOf[R any](c echo.Context, rows []R, cursor func(R) string) ([]R, string) {
	if len(rows) <= consolePage {
		return rows, ""
	}
	rows = rows[:consolePage]
	q := url.Values{}
	for k, v := range c.QueryParams() {
		q[k] = v
	}
	q.Set("after", cursor(rows[len(rows)-1]))
	return rows, c.Request().URL.Path + "?" + q.Encode()
}

func (s *Server) tenantNew(c echo.Context) error {
	return s.renderTenantForm(c, http.StatusOK, ui.Form{})
}

func (s *Server) renderTenantForm(c echo.Context, status int, f ui.Form) error {
	p := views.TenantFormPage{Console: s.consoleShell(c, "tenants", "New workspace"), Form: f}
	return s.render(c, status, views.TenantNew(p), views.TenantForm(p))
}

func (s *Server) tenantCreate(c echo.Context) error {
	f := readForm(c, views.TenantFields, true)
	var t tenant.Tenant
	if f.Valid() {
		var err error
		t, err = Provision(c.Request().Context(), s.db, s.box, *s.cfg.BaseURL, f.Values["name"], strings.ToLower(f.Values["slug"]), strings.ToLower(f.Values["owner_email"]))
		if p := slugProblem(err); p != "" {
			f.fail("slug", p)
		} else if err != nil {
			return err
		}
	}
	if !f.Valid() {
		return s.renderTenantForm(c, http.StatusUnprocessableEntity, f.Form)
	}
	return s.say(c, "/tenants/"+t.ID.String(), t.Name+" is ready; its owner gets a mail")
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

func (s *Server) tenantShow(c echo.Context) error {
	return s.renderTenant(c, http.StatusOK, "", ui.Form{})
}

// renderTenant shows a workspace; posted names the form of f, "" for none.
func (s *Server) renderTenant(c echo.Context, status int, posted string, f ui.Form) error {
	ctx := c.Request().Context()
	id, err := pathID(c)
	if err != nil {
		return err
	}
	p := views.TenantPage{Console: s.consoleShell(c, "tenants", ""), Suffix: "." + s.cfg.BaseURL.Host, Latest: db.TenantVersion(), Posted: posted, Form: f}
	err = s.db.SharedRead(ctx, func(tx *db.SharedTx) error {
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
	p.Title, p.URL, p.Consented = t.Name, s.workspaceURL(t.Slug, "/", nil), auth.Consented(t)
	if p.Tenant.DeletedAt != nil {
		p.DropAt = p.Tenant.DeletedAt.Add(tenant.DeletedTime)
	}
	p.Defaults = limitLines(p.Tenant)
	return s.render(c, status, views.Tenant(p), nil)
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
func (s *Server) operate(c echo.Context, back, done string, change func(ctx context.Context, tx *db.SharedTx, t tenant.Tenant) (what string, err error)) error {
	ctx := c.Request().Context()
	id, err := pathID(c)
	if err != nil {
		return err
	}
	var t tenant.Tenant
	err = s.db.Shared(ctx, func(tx *db.SharedTx) error {
		row, err := tx.TenantGet(ctx, id)
		if err != nil {
			return err
		}
		t = tenant.FromRow(row.Tenant)
		what, err := change(ctx, tx, t)
		if err != nil {
			return err
		}
		s.log.InfoContext(ctx, "operator", "request_id", requestID(c), "operator", visiting(c).who.Email, "tenant", t.Slug, "did", what)
		return auth.AuditOperator(ctx, tx, t, visiting(c).who.Email, auth.DidOperate, what)
	})
	if e := (tenant.StateError{}); errors.As(err, &e) {
		return &problem{status: http.StatusConflict, title: "This was changed meanwhile", text: "The workspace is " + e.State + " by now. Look at it again."}
	}
	if err != nil {
		return err
	}
	s.hosts.Forget(t.Slug)
	return s.say(c, first(back, "/tenants/"+t.ID.String()), t.Name+" "+done)
}

func (s *Server) tenantSuspend(c echo.Context) error {
	return s.operate(c, "", "is suspended", func(ctx context.Context, tx *db.SharedTx, t tenant.Tenant) (string, error) {
		return "the workspace: suspended", tenant.Suspend(ctx, tx, t.Slug)
	})
}

func (s *Server) tenantResume(c echo.Context) error {
	return s.operate(c, "", "is open again", func(ctx context.Context, tx *db.SharedTx, t tenant.Tenant) (string, error) {
		return "the workspace: resumed", tenant.Resume(ctx, tx, t.Slug)
	})
}

func (s *Server) tenantDelete(c echo.Context) error {
	return s.operate(c, "", "is deleted; it can be brought back for 30 days", func(ctx context.Context, tx *db.SharedTx, t tenant.Tenant) (string, error) {
		return "the workspace: deleted", tenant.Delete(ctx, tx, t.Slug)
	})
}

func (s *Server) tenantRestore(c echo.Context) error {
	return s.operate(c, "", "is back", func(ctx context.Context, tx *db.SharedTx, t tenant.Tenant) (string, error) {
		return "the workspace: brought back", tenant.Undelete(ctx, tx, t.Slug)
	})
}

func (s *Server) tenantRename(c echo.Context) error {
	f := readForm(c, views.RenameFields, true)
	if f.Valid() {
		to := strings.ToLower(f.Values["slug"])
		err := s.operate(c, "", "is now at "+to, func(ctx context.Context, tx *db.SharedTx, t tenant.Tenant) (string, error) {
			return "the address to " + to, tenant.Rename(ctx, tx, t.Slug, to)
		})
		p := slugProblem(err)
		if p == "" {
			return err
		}
		f.fail("slug", p)
	}
	return s.renderTenant(c, http.StatusUnprocessableEntity, "slug", f.Form)
}

// tenantClone has the copy made by a job: it takes as long as the workspace is
// large.
func (s *Server) tenantClone(c echo.Context) error {
	f := readForm(c, views.CloneFields, true)
	f.Values["slug"] = strings.ToLower(f.Values["slug"])
	if f.Valid() {
		if err := s.checkSlug(c, f); err != nil {
			return err
		}
	}
	if !f.Valid() {
		return s.renderTenant(c, http.StatusUnprocessableEntity, "clone", f.Form)
	}
	return s.operate(c, "", "is being copied to "+f.Values["slug"]+"; it is in the list as soon as it is whole", func(ctx context.Context, tx *db.SharedTx, t tenant.Tenant) (string, error) {
		return "nothing here; made a copy", tx.Enqueue(ctx, archive.CloneJob{Slug: t.Slug, To: f.Values["slug"]})
	})
}

func (s *Server) tenantLimits(c echo.Context) error {
	f := readForm(c, views.LimitFields, false)
	f.limits()
	if !f.Valid() {
		return s.renderTenant(c, http.StatusUnprocessableEntity, "limits", f.Form)
	}
	return s.operate(c, "", "has these limits now", func(ctx context.Context, tx *db.SharedTx, t tenant.Tenant) (string, error) {
		row, err := tx.TenantGet(ctx, t.ID)
		if err != nil {
			return "", err
		}
		for _, l := range limitLines(row.Tenant) {
			if !f.present[l.Field.Name] { // what was not sent stays as it is
				f.Values[l.Field.Name] = l.Value
			}
		}
		p := f.limits()
		p.ID = t.ID
		if err := tx.TenantSetLimits(ctx, p); err != nil {
			return "", err
		}
		return "the limits", tenant.CheckFull(ctx, tx, t.ID)
	})
}

// limits reads views.LimitFields.
func (f *form) limits() (p shareddb.TenantSetLimitsParams) {
	p.StatementMs = f.limit("statement_ms", 100, 600_000)
	p.Concurrent = f.limit("concurrent", 1, 10_000)
	p.Requests = f.limit("requests", 1, 100_000_000)
	p.Jobs = f.limit("jobs", 1, 100_000_000)
	p.Records = wide(f.limit("records", 1, math.MaxInt32))
	if mb := f.limit("megabytes", 1, 100_000_000); mb != nil {
		n := int64(*mb) << 20
		p.Bytes = &n
	}
	return p
}

// limit reads a whole number within bounds; nil where the field is empty, or
// wrong already.
func (f *form) limit(name string, least, most int32) *int32 {
	if f.Values[name] == "" || f.Errors[name] != "" {
		return nil
	}
	n, err := entity.Formats{}.ParseCount(f.Values[name])
	if err != nil {
		f.wrong(name, err)
		return nil
	}
	if n < least || n > most {
		f.fail(name, "A number from "+ui.Count(int(least))+" to "+ui.Count(int(most))+", or nothing")
	}
	return &n
}

// supportBegin takes an operator into a workspace, to look. Its owners get a
// mail where none of them has asked for it.
func (s *Server) supportBegin(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := pathID(c)
	if err != nil {
		return err
	}
	f := readForm(c, views.SupportFields, true)
	if !f.Valid() {
		return s.renderTenant(c, http.StatusUnprocessableEntity, "support", f.Form)
	}
	who := visiting(c).who
	var token string
	var t tenant.Tenant
	err = s.db.Shared(ctx, func(tx *db.SharedTx) error {
		row, err := tx.TenantGet(ctx, id)
		if err != nil {
			return err
		}
		if t = tenant.FromRow(row.Tenant); t.State != tenant.Active {
			return &problem{status: http.StatusConflict, title: "This workspace is not in use", text: "It is " + t.State + ": nobody can look into it."}
		}
		if token, err = auth.SupportBegin(ctx, tx, t, who, f.Values["reason"]); err != nil || auth.Consented(t) {
			return err
		}
		members, err := tx.MembershipList(ctx, t.ID)
		for _, m := range members {
			if err == nil && auth.Role(m.Role) == auth.Owner {
				err = s.mail(ctx, tx, t.ID, m.Email, letter.Support(t.Name, who.Email, f.Values["reason"], s.workspaceURL(t.Slug, "/settings/audit", nil)))
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	s.log.InfoContext(ctx, "operator", "request_id", requestID(c), "operator", who.Email, "tenant", t.Slug, "did", "looked in: "+f.Values["reason"])
	s.hosts.Forget(t.Slug)
	return s.leave(c, s.handoffURL(c, t.Slug, token, ""))
}

func (s *Server) consoleDomains(c echo.Context) error {
	ctx := c.Request().Context()
	p := views.DomainsPage{Console: s.consoleShell(c, "domains", "Domains"), Q: strings.TrimSpace(c.QueryParam("q"))}
	in := shareddb.DomainListAllParams{N: consolePage + 1, Pattern: shareddb.LikePattern(p.Q)}
	host, id, _ := strings.Cut(c.QueryParam("after"), "|")
	if after, err := uuid.Parse(id); err == nil {
		in.AfterHost, in.AfterID = host, after
	}
	err := s.db.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		p.Rows, err = tx.DomainListAll(ctx, in)
		return err
	})
	if err != nil {
		return err
	}
	p.Rows, p.Next = pageOf(c, p.Rows, func(r shareddb.DomainListAllRow) string { return r.Host + "|" + r.TenantID.String() })
	return s.render(c, http.StatusOK, views.ConsoleDomains(p), nil)
}

func (s *Server) consoleDomainUnbind(c echo.Context) error {
	return s.operate(c, "/domains", "does not answer at "+c.Param("host")+" any more", func(ctx context.Context, tx *db.SharedTx, t tenant.Tenant) (string, error) {
		n, err := tx.DomainUnbind(ctx, t.ID, c.Param("host"))
		if err == nil && n == 0 {
			err = pgx.ErrNoRows
		}
		return "the domains: " + c.Param("host") + " unbound", err
	})
}

func (s *Server) users(c echo.Context) error {
	ctx := c.Request().Context()
	p := views.UsersPage{Console: s.consoleShell(c, "users", "Users"), Q: strings.TrimSpace(c.QueryParam("q")), Me: visiting(c).who.Email}
	err := s.db.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		p.Rows, err = tx.UserList(ctx, c.QueryParam("after"), shareddb.LikePattern(p.Q), consolePage+1)
		return err
	})
	if err != nil {
		return err
	}
	p.Rows, p.Next = pageOf(c, p.Rows, func(r shareddb.UserListRow) string { return r.Email })
	return s.render(c, http.StatusOK, views.Users(p), nil)
}

func (s *Server) userSignOut(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := pathID(c)
	if err != nil {
		return err
	}
	var email string
	err = s.db.Shared(ctx, func(tx *db.SharedTx) (err error) {
		email, err = auth.SignOutEverywhere(ctx, tx, id, visiting(c).who)
		return err
	})
	if err != nil {
		return err
	}
	s.log.InfoContext(ctx, "operator", "request_id", requestID(c), "operator", visiting(c).who.Email, "did", "signed out "+email)
	return s.say(c, "/users", email+" is signed out everywhere")
}

func (s *Server) jobs(c echo.Context) error {
	ctx := c.Request().Context()
	p := views.JobsPage{Console: s.consoleShell(c, "jobs", "Jobs")}
	var next string
	err := s.db.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		if p.Counts, err = tx.JobCounts(ctx); err != nil {
			return err
		}
		var failed []jobs.Failed
		if failed, next, err = jobs.List(ctx, tx, c.QueryParam("after"), consolePage); err != nil {
			return err
		}
		var ids []uuid.UUID
		for _, f := range failed {
			ids = append(ids, f.TenantID)
		}
		rows, err := tx.TenantSlugs(ctx, ids)
		if err != nil {
			return err
		}
		slugs := map[uuid.UUID]string{}
		for _, r := range rows {
			slugs[r.ID] = r.Slug
		}
		for _, f := range failed {
			p.Failed = append(p.Failed, views.FailedJob{ID: f.ID, Kind: f.Kind, Retryable: f.State == "retryable", Attempt: f.Attempt, Next: f.Next, Error: f.Error, TenantID: f.TenantID, Slug: slugs[f.TenantID]})
		}
		return nil
	})
	if errors.Is(err, jobs.ErrNotFound) {
		return errNotFound
	}
	if err != nil {
		return err
	}
	if next != "" {
		p.Next = c.Request().URL.Path + "?" + url.Values{"after": {next}}.Encode()
	}
	return s.render(c, http.StatusOK, views.Jobs(p), nil)
}

func (s *Server) jobRetry(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return errNotFound
	}
	err = s.db.Shared(ctx, func(tx *db.SharedTx) error { return jobs.Retry(ctx, tx, id) })
	if errors.Is(err, jobs.ErrNotFound) {
		return errNotFound
	}
	if err != nil {
		return err
	}
	s.log.InfoContext(ctx, "operator", "request_id", requestID(c), "operator", visiting(c).who.Email, "did", "had job "+c.Param("id")+" tried again")
	return s.say(c, "/jobs", "Job "+c.Param("id")+" is tried again now")
}

func (s *Server) migrations(c echo.Context) error {
	status, err := s.db.MigrateStatus(c.Request().Context())
	if err != nil {
		return err
	}
	p := views.MigrationsPage{Console: s.consoleShell(c, "migrations", "Migrations"), Shared: status.Shared, SharedLatest: status.SharedLatest, TenantLatest: status.TenantLatest}
	for _, v := range status.Versions {
		p.Versions = append(p.Versions, views.VersionLine(v))
	}
	for _, f := range status.Failed {
		p.Failed = append(p.Failed, views.FailedMigration{Slug: f.Slug, Schema: f.Schema, At: f.From, Error: f.Error})
	}
	return s.render(c, http.StatusOK, views.Migrations(p), nil)
}
