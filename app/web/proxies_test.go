package web

import (
	"net/netip"
	"testing"
)

// A header names a host only when a trusted proxy sends it.
func TestTrustedProxies(t *testing.T) {
	t.Parallel()
	s := &Server{}
	s.cfg.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")}
	for remote, want := range map[string]bool{
		"10.1.2.3:5": true, "[2001:db8::1]:5": true, "[::ffff:10.1.2.3]:5": true, "11.0.0.1:5": false, "127.0.0.1:5": false, "": false,
		"10.1.2.3": false,
	} {
		if got := s.trusted(remote); got != want {
			t.Errorf("%s: %v", remote, got)
		}
	}
}
