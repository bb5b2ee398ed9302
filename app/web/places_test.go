package web_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/config"
)

// A session says where it is, where the operator has a database of places.
func TestPlaceOfASession(t *testing.T) {
	t.Parallel()
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "City", IncludeReservedNetworks: true})
	if err != nil {
		t.Fatal(err)
	}
	name := func(s string) mmdbtype.Map { return mmdbtype.Map{"names": mmdbtype.Map{"en": mmdbtype.String(s)}} }
	_, network, _ := net.ParseCIDR("203.0.113.0/24")
	if err := tree.Insert(network, mmdbtype.Map{"city": name("Maranello"), "country": name("Italy")}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "places.mmdb")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tree.WriteTo(f); err != nil {
		t.Fatal(err)
	}
	f.Close()
	app := apptest.With(t, func(c *config.Config) { c.GeoIP = path })
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	for ip, want := range map[string]string{"203.0.113.9": "203.0.113.9, Maranello, Italy", "198.51.100.7": "198.51.100.7 ·",
		"10.1.2.3": "a private network", "nonsense": "unknown address", "": "unknown address"} {
		pg.Exec(t, `update public.sessions set ip = $2 where user_id = $1`, w.Owner.ID, ip)
		if text := c.Get(w.URL("/settings/security")).Want(200).Text(".part:nth-of-type(2) li"); !strings.Contains(text, want) {
			t.Errorf("%q: %q", ip, text)
		}
	}
}
