package web

import (
	"net/netip"

	"github.com/oschwald/maxminddb-golang/v2"
)

// where says where an address is, as far as that can be said without asking
// anybody: by the operator's database (PADDOCK_GEOIP), in MaxMind's format, if
// there is one.
func (s *Server) where(ip string) string {
	a, err := netip.ParseAddr(ip)
	switch {
	case err != nil:
		return "unknown address"
	case a.IsLoopback():
		return ip + ", this machine"
	case a.IsPrivate() || a.IsLinkLocalUnicast():
		return ip + ", a private network"
	case s.geo == nil:
		return ip
	}
	var found struct {
		City    named `maxminddb:"city"`
		Country named `maxminddb:"country"`
	}
	if err := s.geo.Lookup(a.Unmap()).Decode(&found); err != nil {
		return ip // not in it, or not of the kind: a place is a courtesy
	}
	for _, name := range []string{found.City.Names["en"], found.Country.Names["en"]} {
		if name != "" {
			ip += ", " + name
		}
	}
	return ip
}

// OpenGeo opens the operator's database of places; nil for no path.
func OpenGeo(path string) (*maxminddb.Reader, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // no database: no places
	}
	return maxminddb.Open(path)
}

type named struct {
	Names map[string]string `maxminddb:"names"`
}
