package web

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/views"
)

// Route is one URL and what it asks of its caller, and of whatever stands before its
// handler. Tests walk these tables: a new route is covered by them as soon as it stands here.
type Route struct {
	Method, Path string
	Permission   auth.Permission
	MaxBody      int64 // bytes of a larger form than others have; 0 for none
	Files        bool  // a larger form is one with files
	Streams      bool  // the answer goes out as it is read, and is as small as it gets
	Secret       bool  // the address has a token: nobody writes it down
	handler      echo.HandlerFunc
}

// need says what a route needs beside its permission.
type need func(*Route)

// What a route may need.
func streams(r *Route) { r.Streams = true }
func secret(r *Route)  { r.Secret = true }
func large(r *Route)   { r.MaxBody = largeBody }
func upload(r *Route)  { r.MaxBody, r.Files = uploadBody, true }

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
			get("/", auth.Anyone, s.landing),
			get("/signup", auth.Anyone, s.signUpForm),
			post("/signup", auth.Anyone, s.signUp),
			get("/signup/slug", auth.Anyone, s.signUpSlug),
			get("/signup/confirmation", auth.Anyone, s.confirmationForm, secret),
			post("/signup/confirmation", auth.Anyone, s.confirmation, secret),
			get("/password/forgot", auth.Anyone, s.forgotForm),
			post("/password/forgot", auth.Anyone, s.forgot),
			get("/password/reset", auth.Anyone, s.resetForm, secret),
			post("/password/reset", auth.Anyone, s.reset, secret),
			get("/operator", auth.SignedIn|auth.Account, s.enrolmentForm),
			post("/operator", auth.SignedIn|auth.Account|auth.Sudo, s.enrolment),
		},
		signInRoutes(s),
		accountRoutes(s, auth.SignedIn),
	)
}

// signInRoutes stand on every host: a session belongs to one.
func signInRoutes(s *Server) []Route {
	return []Route{
		get("/signin", auth.Anyone, s.signInForm, secret),
		post("/signin", auth.Anyone, s.signIn, secret),
		get("/signin/factor", auth.Anyone, s.factorForm),
		post("/signin/factor", auth.Anyone, s.factor),
		post("/passkeys/login/begin", auth.Anyone, s.passkeyLoginBegin),
		post("/passkeys/login/finish", auth.Anyone, s.passkeyLoginFinish),
		get("/oidc/:provider", auth.Anyone, s.oidcStart),
		get("/oidc/:provider/callback", auth.Anyone, s.oidcCallback),
		post("/signout", auth.Anyone, s.signOut),
		get("/sudo", auth.SignedIn, s.sudoForm),
		post("/sudo", auth.SignedIn, s.sudoConfirm),
		get("/workspaces", auth.SignedIn, s.workspaceList),
		post("/workspaces/:slug/visit", auth.SignedIn|auth.Account, s.workspaceVisit),
	}
}

// accountRoutes are about the person, whatever workspace they are in: on the
// base host for whoever is signed in, on a workspace's for its members.
func accountRoutes(s *Server, level auth.Permission) []Route {
	account, sudo := level|auth.Account, level|auth.Account|auth.Sudo
	return []Route{
		get("/settings/security", account, s.security),
		get("/settings/security/activity", account, s.activity),
		put("/settings/security/password", sudo, s.passwordUpdate),
		post("/settings/security/verification", account, s.verifySend),
		post("/settings/security/email", sudo, s.emailChange),
		get("/email/verify", account, s.verifyForm, secret),
		post("/email/verify", account, s.verify, secret),
		get("/settings/security/totp", sudo, s.totpForm),
		post("/settings/security/totp", sudo, s.totpEnable),
		del("/settings/security/totp", sudo, s.totpDisable),
		post("/settings/security/recovery-codes", sudo, s.recoveryCodes),
		post("/passkeys/registration/begin", sudo, s.passkeyRegistrationBegin),
		post("/passkeys/registration/finish", sudo, s.passkeyRegistrationFinish),
		del("/settings/security/passkeys/:id", sudo, s.passkeyDelete),
		del("/settings/security/sessions/:id", sudo, s.sessionDelete),
		del("/settings/security/sessions", sudo, s.sessionDeleteOthers),
	}
}

// WorkspaceRoutes stand on every workspace's host.
func WorkspaceRoutes(s *Server) []Route {
	leads, deals, tasks := newLeads(s), newDeals(s), newTasks(s)
	return slices.Concat(
		[]Route{
			get("/", auth.Read, s.dashboard),
			get("/search", auth.Read, s.search),
			get("/trash", auth.Read, s.trash),
			put("/changes/:id/reversal", auth.Write, s.undo),
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
			del("/tasks/:id/reminder", auth.Write, tasks.Reminded),
			put("/tasks/:id/completion", auth.Write, tasks.Complete),
			del("/tasks/:id/completion", auth.Write, tasks.Reopen),
			put("/tasks/:id/due", auth.Write, tasks.Snooze),

			post("/notes", auth.Write, s.noteCreate, large),
			get("/notes/:id", auth.Read, s.noteShow),
			get("/notes/:id/edit", auth.Write, s.noteEdit),
			put("/notes/:id", auth.Write, s.noteUpdate, large),
			del("/notes/:id", auth.Write, s.noteDelete),

			get("/settings/profile", auth.Read, s.profile),
			put("/settings/profile", auth.Read, s.profileUpdate),
			put(avatarPath, auth.Read|auth.Account, s.avatarUpdate, upload),
			del(avatarPath, auth.Read|auth.Account, s.avatarDelete),
			get("/avatars/:name", auth.Read, s.avatar),
			del("/settings/membership", auth.Read|auth.Sudo, s.membershipLeave),
			get("/settings/members", auth.Read, s.members),
			put("/settings/members/:id", auth.Manage|auth.Sudo, s.memberUpdate),
			get("/settings/members/:id/removal", auth.Manage, s.memberRemoval),
			del("/settings/members/:id", auth.Manage|auth.Sudo, s.memberDelete),
			post("/settings/invitations", auth.Manage|auth.Sudo, s.invitationCreate),
			post("/settings/invitations/:id/mail", auth.Manage, s.invitationResend),
			del("/settings/invitations/:id", auth.Manage, s.invitationDelete),
			post("/settings/ownership", auth.Own|auth.Sudo, s.ownershipOffer),
			put("/settings/ownership", auth.Read|auth.Sudo, s.ownershipTake),
			del("/settings/ownership", auth.Read, s.ownershipDrop),
			get("/settings/signin", auth.Manage, s.signInSettings),
			put("/settings/signin/factor", auth.Manage|auth.Sudo, s.requireFactor),
			put("/settings/signin/provider", auth.Own|auth.Sudo, s.providerUpdate),
			del("/settings/signin/provider", auth.Own|auth.Sudo, s.providerDelete),
			post("/settings/signin/domains", auth.Own|auth.Sudo, s.emailDomainCreate),
			post("/settings/signin/domains/:domain/verification", auth.Own|auth.Sudo, s.emailDomainVerify),
			del("/settings/signin/domains/:domain", auth.Own|auth.Sudo, s.emailDomainDelete),
			get("/settings/data", auth.Own, s.data),
			put("/settings/data/support", auth.Own|auth.Sudo, s.supportConsent),
			del("/settings/data/support", auth.Own, s.supportRefuse),
			del("/settings/data", auth.Own|auth.Sudo, s.workspaceClose),
			post("/settings/data/exports", auth.Own|auth.Sudo, s.exportCreate),
			get("/settings/data/exports/:id", auth.Own|auth.Sudo, s.exportDownload, streams),
			get("/settings/domains", auth.Manage, s.domains),
			post("/settings/domains", auth.Own|auth.Sudo, s.domainCreate),
			post("/settings/domains/:host/verification", auth.Own|auth.Sudo, s.domainVerify),
			del("/settings/domains/:host", auth.Own|auth.Sudo, s.domainDelete),
			get("/settings/audit", auth.Manage, s.audit),
			get("/settings/audit.csv", auth.Manage, s.auditCSV),
			get("/settings/workspace", auth.Manage, s.workspaceSettings),
			put("/settings/workspace", auth.Manage|auth.Sudo, s.workspaceUpdate),
			get("/settings/pipelines", auth.Manage, s.pipelines),
			post("/settings/pipelines", auth.Manage, s.pipelineCreate),
			put("/settings/pipelines/:id", auth.Manage, s.pipelineUpdate),
			del("/settings/pipelines/:id", auth.Manage, s.pipelineDelete),
			get("/settings/tags", auth.Manage, s.tags),
			put("/settings/tags/:id", auth.Manage, s.tagUpdate),
			del("/settings/tags/:id", auth.Manage, s.tagDelete),

			get("/handoff", auth.Anyone, s.handoff, secret),
			post("/handoff", auth.Anyone, s.handoffConfirmed, secret),
			get("/invitations/:token", auth.Anyone, s.invitation, secret),
			post("/invitations/:token", auth.Anyone, s.invitationAccept, secret),
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
			get("/", operate, s.consoleStart),
			get("/tenants", operate, s.tenants),
			get("/tenants/new", operate, s.tenantNew),
			post("/tenants", sudo, s.tenantCreate),
			get("/tenants/:id", operate, s.tenantShow),
			del("/tenants/:id", sudo, s.tenantDelete),
			put("/tenants/:id/restoration", sudo, s.tenantRestore),
			put("/tenants/:id/suspension", sudo, s.tenantSuspend),
			del("/tenants/:id/suspension", sudo, s.tenantResume),
			put("/tenants/:id/slug", sudo, s.tenantRename),
			post("/tenants/:id/clone", sudo, s.tenantClone),
			put("/tenants/:id/limits", sudo, s.tenantLimits),
			post("/tenants/:id/support", sudo, s.supportBegin),
			get("/domains", operate, s.consoleDomains),
			del("/domains/:id/:host", sudo, s.consoleDomainUnbind),
			get("/users", operate, s.users),
			del("/users/:id/sessions", sudo, s.userSignOut),
			get("/activity", operate, s.consoleActivity),
			get("/migrations", operate, s.migrations),
			get("/jobs", operate, s.jobs),
			put("/jobs/:id", operate, s.jobRetry),
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
			h = &records{Server: s, look: look}
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
