// Package geoip says where an address is, as far as that can be said without asking
// anybody: by the operator's database (PADDOCK_GEOIP), if there is one.
package geoip

import (
	"net/netip"

	"github.com/oschwald/maxminddb-golang/v2"
)

// DB is a database of places in MaxMind's format; the nil one knows none.
type DB struct{ reader *maxminddb.Reader }

// Open opens the file at path; nil for no path.
func Open(path string) (*DB, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // no database: no places
	}
	r, err := maxminddb.Open(path)
	if err != nil {
		return nil, err
	}
	return &DB{r}, nil
}

// Close gives the file back.
func (d *DB) Close() error { return d.reader.Close() }

type named struct {
	Names map[string]string `maxminddb:"names"`
}

// Place is the address with where it is, for people to read; "" for no address.
func (d *DB) Place(ip string) string {
	a, err := netip.ParseAddr(ip)
	switch {
	case ip == "":
		return ""
	case err != nil:
		return "unknown address"
	case a.IsLoopback():
		return ip + ", this machine"
	case a.IsPrivate() || a.IsLinkLocalUnicast():
		return ip + ", a private network"
	case d == nil:
		return ip
	}
	var found struct {
		City    named `maxminddb:"city"`
		Country named `maxminddb:"country"`
	}
	if err := d.reader.Lookup(a.Unmap()).Decode(&found); err != nil {
		return ip // not in it, or not of the kind: a place is a courtesy
	}
	for _, name := range []string{found.City.Names["en"], found.Country.Names["en"]} {
		if name != "" {
			ip += ", " + name
		}
	}
	return ip
}
