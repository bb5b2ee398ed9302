package web

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/web/account"
	"github.com/paddock-crm/paddock/app/web/records"
	"github.com/paddock-crm/paddock/views"
)

// Route is one URL and what it asks of its caller, and of whatever stands before its
// handler. Tests walk these tables: a new route is covered by them as soon as it stands here.
type Route struct {
	Method, Path string
	Permission   auth.Permission
	MaxBody      int64 // bytes of a larger form than others have; 0 for none
	Files        bool  // a larger form is one with files
	Secret       bool  // the address has a token: nobody writes it down
	handler      echo.HandlerFunc
}

// need says what a route needs beside its permission.
type need func(*Route)

func secret(r *Route) { r.Secret = true }
func large(r *Route)  { r.MaxBody = largeBody }
func upload(r *Route) { r.MaxBody, r.Files = uploadBody, true }

func route(method, path string, p auth.Permission, h echo.HandlerFunc, needs []need) Route {
	r := Route{Method: method, Path: path, Permission: p, handler: h}
	for _, n := range needs {
		n(&r)
	}
	return r
}

func get(path string, p auth.Permission, h echo.HandlerFunc, needs ...need) Route {
	return route(http.MethodGet, path, p, h, needs)
}

func post(path string, p auth.Permission, h echo.HandlerFunc, needs ...need) Route {
	return route(http.MethodPost, path, p, h, needs)
}

func put(path string, p auth.Permission, h echo.HandlerFunc, needs ...need) Route {
	return route(http.MethodPut, path, p, h, needs)
}

func del(path string, p auth.Permission, h echo.HandlerFunc) Route {
	return route(http.MethodDelete, path, p, h, nil)
}

// SiteRoutes stand on the base host.
func SiteRoutes(s *Server) []Route {
	return slices.Concat(
		[]Route{
			get("/", auth.Anyone, s.account.Landing),
			get("/pricing", auth.Anyone, s.account.Page),
			get("/privacy", auth.Anyone, s.account.Page),
			get("/terms", auth.Anyone, s.account.Page),
			get("/imprint", auth.Anyone, s.account.Page),
			get("/signup", auth.Anyone, s.account.SignUpForm),
			post("/signup", auth.Anyone, s.account.SignUp),
			get("/signup/slug", auth.Anyone, s.account.SignUpSlug),
			get("/signup/confirmation", auth.Anyone, s.account.ConfirmationForm, secret),
			post("/signup/confirmation", auth.Anyone, s.account.Confirmation, secret),
			get("/password/forgot", auth.Anyone, s.account.ForgotForm),
			post("/password/forgot", auth.Anyone, s.account.Forgot),
			get("/password/reset", auth.Anyone, s.account.ResetForm, secret),
			post("/password/reset", auth.Anyone, s.account.Reset, secret),
			get("/operator", auth.SignedIn|auth.Account, s.account.EnrolmentForm),
			post("/operator", auth.SignedIn|auth.Account|auth.Sudo, s.account.Enrolment),
		},
		signInRoutes(s),
		accountRoutes(s, auth.SignedIn),
	)
}

// signInRoutes stand on every host: a session belongs to one.
func signInRoutes(s *Server) []Route {
	return []Route{
		get("/signin", auth.Anyone, s.account.SignInForm, secret),
		post("/signin", auth.Anyone, s.account.SignIn, secret),
		get("/signin/factor", auth.Anyone, s.account.FactorForm),
		post("/signin/factor", auth.Anyone, s.account.Factor),
		get("/signin/done", auth.SignedIn, s.account.SignedInAgain),
		post("/passkeys/login/begin", auth.Anyone, s.account.PasskeyLoginBegin),
		post("/passkeys/login/finish", auth.Anyone, s.account.PasskeyLoginFinish),
		get("/oidc/:provider", auth.Anyone, s.account.OIDCStart),
		get("/oidc/:provider/callback", auth.Anyone, s.account.OIDCCallback),
		post("/signout", auth.Anyone, s.account.SignOut),
		get("/sudo", auth.SignedIn, s.account.SudoForm),
		post("/sudo", auth.SignedIn, s.account.SudoConfirm),
		get("/workspaces", auth.SignedIn, s.account.WorkspaceList),
		post("/workspaces/:slug/visit", auth.SignedIn|auth.Account, s.account.WorkspaceVisit),
	}
}

// accountRoutes are about the person, whatever workspace they are in: on the
// base host for whoever is signed in, on a workspace's for its members.
func accountRoutes(s *Server, level auth.Permission) []Route {
	account, sudo := level|auth.Account, level|auth.Account|auth.Sudo
	return []Route{
		get("/settings/security", account, s.account.Security),
		get("/settings/security/activity", account, s.account.Activity),
		put("/settings/security/password", sudo, s.account.PasswordUpdate),
		post("/settings/security/verification", account, s.account.VerifySend),
		post("/settings/security/email", sudo, s.account.EmailChange),
		get("/email/verify", account, s.account.VerifyForm, secret),
		post("/email/verify", account, s.account.Verify, secret),
		get("/settings/security/totp", sudo, s.account.TOTPForm),
		post("/settings/security/totp", sudo, s.account.TOTPEnable),
		del("/settings/security/totp", sudo, s.account.TOTPDisable),
		post("/settings/security/recovery-codes", sudo, s.account.RecoveryCodes),
		post("/passkeys/registration/begin", sudo, s.account.PasskeyRegistrationBegin),
		post("/passkeys/registration/finish", sudo, s.account.PasskeyRegistrationFinish),
		del("/settings/security/passkeys/:id", sudo, s.account.PasskeyDelete),
		del("/settings/security/sessions/:id", sudo, s.account.SessionDelete),
		del("/settings/security/sessions", sudo, s.account.SessionDeleteOthers),
	}
}

// WorkspaceRoutes stand on every workspace's host.
func WorkspaceRoutes(s *Server) []Route {
	leads, deals, tasks := records.NewLeads(s.notes), records.NewDeals(s.notes), records.NewTasks(s.notes)
	return slices.Concat(
		[]Route{
			get("/", auth.Read, s.dashboard.Show),
			del("/steps", auth.Read, s.dashboard.HideSteps),
			post("/sample", auth.Write, s.dashboard.Sample),
			get("/search", auth.Read, s.search.Show),
			get("/tags/options", auth.Read, s.search.Tags),
			get("/members/names", auth.Read, s.notes.Names),
			get("/trash", auth.Read, s.trash.Show),
			put("/changes/:id/reversal", auth.Write, s.changes.Reverse),
			get("/notifications", auth.Read, s.notifications.List),
			put("/notifications", auth.Read, s.notifications.Read),
			get("/notifications/stream", auth.Read, s.notifications.Stream),
			get("/notifications/unsubscribe", auth.Anyone, s.notifications.UnsubscribeForm, secret),
			post("/notifications/unsubscribe", auth.Anyone, s.notifications.Unsubscribe, secret),
			get("/notifications/:id", auth.Read, s.notifications.Open),
		},
		recordRoutes(s, map[entity.Kind]handlers{entity.Lead: leads, entity.Deal: deals, entity.Task: tasks}),
		[]Route{
			get("/leads/:id/conversion", auth.Write, leads.ConversionForm),
			post("/leads/:id/conversion", auth.Write, leads.Convert, large),
			del("/leads/:id/conversion", auth.Write, leads.Unconvert),
			get("/deals/:id/stage", auth.Write, deals.MoveForm),
			put("/deals/:id/stage", auth.Write, deals.Move),
			post("/deals/:id/project", auth.Write, deals.Project),
			get("/tasks/reminders", auth.Read, tasks.Reminders),
			get("/tasks/understood", auth.Write, tasks.Understood),
			del("/tasks/:id/reminder", auth.Write, tasks.Reminded),
			put("/tasks/:id/completion", auth.Write, tasks.Complete),
			del("/tasks/:id/completion", auth.Write, tasks.Reopen),
			put("/tasks/:id/due", auth.Write, tasks.Snooze),

			post("/notes", auth.Write, s.notes.Create, large),
			get("/notes/:id", auth.Read, s.notes.Show),
			get("/notes/:id/edit", auth.Write, s.notes.Edit),
			put("/notes/:id", auth.Write, s.notes.Update, large),
			del("/notes/:id", auth.Write, s.notes.Delete),

			get("/settings/profile", auth.Read, s.account.Profile),
			put("/settings/profile", auth.Read, s.account.ProfileUpdate),
			put(account.AvatarPath, auth.Read|auth.Account, s.account.AvatarUpdate, upload),
			del(account.AvatarPath, auth.Read|auth.Account, s.account.AvatarDelete),
			get("/avatars/:name", auth.Read, s.account.Avatar),
			del("/settings/membership", auth.Read|auth.Sudo, s.settings.MembershipLeave),
			get("/settings/notifications", auth.Read, s.notifications.Settings),
			put("/settings/notifications", auth.Read, s.notifications.SettingsUpdate),
			get("/settings/members", auth.Read, s.settings.Members),
			put("/settings/members/:id", auth.Manage|auth.Sudo, s.settings.MemberUpdate),
			get("/settings/members/:id/removal", auth.Manage, s.settings.MemberRemoval),
			del("/settings/members/:id", auth.Manage|auth.Sudo, s.settings.MemberDelete),
			post("/settings/invitations", auth.Manage|auth.Sudo, s.settings.InvitationCreate),
			post("/settings/invitations/:id/mail", auth.Manage, s.settings.InvitationResend),
			post("/settings/invitations/:id/link", auth.Manage|auth.Sudo, s.settings.InvitationLink),
			del("/settings/invitations/:id", auth.Manage, s.settings.InvitationDelete),
			post("/settings/ownership", auth.Own|auth.Sudo, s.settings.OwnershipOffer),
			put("/settings/ownership", auth.Read|auth.Sudo, s.settings.OwnershipTake),
			del("/settings/ownership", auth.Read, s.settings.OwnershipDrop),
			get("/settings/signin", auth.Manage, s.settings.SignIn),
			put("/settings/signin/factor", auth.Manage|auth.Sudo, s.settings.RequireFactor),
			put("/settings/signin/provider", auth.Own|auth.Sudo, s.settings.ProviderUpdate),
			del("/settings/signin/provider", auth.Own|auth.Sudo, s.settings.ProviderDelete),
			post("/settings/signin/domains", auth.Own|auth.Sudo, s.settings.EmailDomainCreate),
			post("/settings/signin/domains/:domain/verification", auth.Own|auth.Sudo, s.settings.EmailDomainVerify),
			del("/settings/signin/domains/:domain", auth.Own|auth.Sudo, s.settings.EmailDomainDelete),
			get("/settings/data", auth.Own, s.settings.Data),
			put("/settings/data/support", auth.Own|auth.Sudo, s.settings.SupportConsent),
			del("/settings/data/support", auth.Own, s.settings.SupportRefuse),
			del("/settings/data", auth.Own|auth.Sudo, s.settings.Close),
			post("/settings/data/exports", auth.Own|auth.Sudo, s.settings.ExportCreate),
			get("/settings/data/exports/:id", auth.Own|auth.Sudo, s.settings.ExportDownload),
			get("/settings/domains", auth.Manage, s.settings.Domains),
			post("/settings/domains", auth.Own|auth.Sudo, s.settings.DomainCreate),
			post("/settings/domains/:host/verification", auth.Own|auth.Sudo, s.settings.DomainVerify),
			del("/settings/domains/:host", auth.Own|auth.Sudo, s.settings.DomainDelete),
			get("/settings/audit", auth.Manage, s.settings.Audit),
			get("/settings/audit.csv", auth.Manage, s.settings.AuditCSV),
			get("/settings/workspace", auth.Manage, s.settings.Workspace),
			put("/settings/workspace", auth.Manage|auth.Sudo, s.settings.WorkspaceUpdate),
			get("/settings/pipelines", auth.Manage, s.settings.Pipelines),
			post("/settings/pipelines", auth.Manage, s.settings.PipelineCreate),
			put("/settings/pipelines/:id", auth.Manage, s.settings.PipelineUpdate),
			del("/settings/pipelines/:id", auth.Manage, s.settings.PipelineDelete),
			get("/settings/fields", auth.Manage, s.settings.Fields),
			post("/settings/fields", auth.Manage, s.settings.FieldCreate),
			put("/settings/fields/:id", auth.Manage, s.settings.FieldUpdate),
			del("/settings/fields/:id", auth.Manage, s.settings.FieldDelete),
			put("/settings/fields/:id/restoration", auth.Manage, s.settings.FieldRestore),
			get("/settings/tags", auth.Manage, s.settings.Tags),
			put("/settings/tags/:id", auth.Manage, s.settings.TagUpdate),
			del("/settings/tags/:id", auth.Manage, s.settings.TagDelete),

			get("/handoff", auth.Anyone, s.account.Handoff, secret),
			post("/handoff", auth.Anyone, s.account.HandoffConfirmed, secret),
			get("/signin/held", auth.Read, s.account.Held),
			get("/invitations/:token", auth.Anyone, s.account.Invitation, secret),
			post("/invitations/:token", auth.Anyone, s.account.InvitationAccept, secret),
		},
		signInRoutes(s),
		accountRoutes(s, auth.Read),
	)
}

// ConsoleRoutes stand on the host of the operators' console.
func ConsoleRoutes(s *Server) []Route {
	const operate, sudo = auth.Operate, auth.Operate | auth.Sudo
	return slices.Concat(
		[]Route{
			get("/", operate, s.console.Start),
			get("/tenants", operate, s.console.Tenants),
			get("/tenants/new", operate, s.console.TenantNew),
			post("/tenants", sudo, s.console.TenantCreate),
			get("/tenants/:id", operate, s.console.Tenant),
			del("/tenants/:id", sudo, s.console.TenantDelete),
			put("/tenants/:id/restoration", sudo, s.console.TenantRestore),
			put("/tenants/:id/suspension", sudo, s.console.TenantSuspend),
			del("/tenants/:id/suspension", sudo, s.console.TenantResume),
			put("/tenants/:id/slug", sudo, s.console.TenantRename),
			post("/tenants/:id/clone", sudo, s.console.TenantClone),
			put("/tenants/:id/limits", sudo, s.console.TenantLimits),
			post("/tenants/:id/support", sudo, s.console.SupportBegin),
			get("/domains", operate, s.console.Domains),
			del("/domains/:id/:host", sudo, s.console.DomainUnbind),
			get("/users", operate, s.console.Users),
			del("/users/:id/sessions", sudo, s.console.UserSignOut),
			get("/activity", operate, s.console.Activity),
			get("/migrations", operate, s.console.Migrations),
			get("/jobs", operate, s.console.Jobs),
			put("/jobs/:id", operate, s.console.JobRetry),
		},
		signInRoutes(s),
		accountRoutes(s, auth.SignedIn),
	)
}

// handlers are what every kind of record answers; records has them all.
type handlers interface {
	List(echo.Context) error
	Options(echo.Context) error
	New(echo.Context) error
	Create(echo.Context) error
	Show(echo.Context) error
	Timeline(echo.Context) error
	Edit(echo.Context) error
	Update(echo.Context) error
	Delete(echo.Context) error
	Restore(echo.Context) error
	OwnerForm(echo.Context) error
	Owner(echo.Context) error
	Follow(echo.Context) error
	Unfollow(echo.Context) error
	Matches(echo.Context) error
	Put(echo.Context) error
}

// recordRoutes are those of all kinds of records, at their paths: /customers, /contacts,
// /leads, /deals, /projects, /tasks. Kinds that are not in own have nothing of their own.
func recordRoutes(s *Server, own map[entity.Kind]handlers) (out []Route) {
	for _, look := range views.Looks {
		path := look.Path
		h, ok := own[look.Kind]
		if !ok {
			h = records.New(look, s.notes)
		}
		out = append(out,
			get(path, auth.Read, h.List),
			get(path+"/options", auth.Read, h.Options),
			get(path+"/new", auth.Write, h.New),
			post(path, auth.Write, h.Create, large),
			get(path+"/:id", auth.Read, h.Show),
			get(path+"/:id/timeline", auth.Read, h.Timeline),
			get(path+"/:id/edit", auth.Write, h.Edit),
			put(path+"/:id", auth.Write, h.Update, large),
			del(path+"/:id", auth.Write, h.Delete),
			put(path+"/:id/restoration", auth.Write, h.Restore),
			get(path+"/:id/owner", auth.Write, h.OwnerForm),
			put(path+"/:id/owner", auth.Write, h.Owner),
			put(path+"/:id/following", auth.Read, h.Follow),
			del(path+"/:id/following", auth.Read, h.Unfollow),
		)
		if crm.Recognised(look.Kind) {
			out = append(out, get(path+"/matches", auth.Write, h.Matches))
		}
		if f := look.Field(look.Board); f != nil && f.Type == entity.TypeSelect {
			out = append(out, put(path+"/:id/"+f.Param, auth.Write, h.Put))
		}
	}
	return out
}
