package browser_test

import (
	"net/netip"
	"testing"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/browser"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/config"
)

// From a network that has made its three workspaces, signing up is one step all the
// same: the browser proves its work while the form is filled in, and again after a
// mistake.
func TestBrowserSignUpProvesWork(t *testing.T) {
	t.Parallel()
	app := apptest.With(t, func(c *config.Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
	pg.Exec(t, `insert into public.throttles (key, attempts, ends_at) values ('workspaces:127.0.0.1', 50, now() + interval '1 hour')
		on conflict (key) do update set attempts = 50, ends_at = excluded.ends_at`)
	b := browser.NewBrowser(t)
	b.Open(app.Site("/signup"))
	slug := pg.Unique("worked")
	b.Fill("#workspace", "Worked")
	b.Fill("#slug", slug)
	b.Fill("#name", "Nora Lind")
	b.Fill("#email", slug+"@example.com")
	b.Fill("#password", "short")
	b.Click("#signup [type=submit]")
	b.Wait("#password-error")
	b.Fill("#password", pg.Password)
	b.Click("#signup [type=submit]")
	b.WaitFor(`location.host.startsWith("` + slug + `.")`)
	b.WaitText("h2", "Welcome to Worked")
}
