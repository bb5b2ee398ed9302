package page

import (
	"cmp"
	"time"
	_ "time/tzdata"

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/entity"
)

// zoneCookie holds the browser's time zone; static/js/zone.js sets it. It is a hint: what
// is no zone is as if it were not there.
const zoneCookie = "zone"

// Formats is how whoever asks reads dates and numbers: as the person chose,
// else as the workspace did; the zone else as the browser says.
func (v *Visit) Formats(c echo.Context) entity.Formats {
	f := entity.Formats{
		Zone: time.UTC, Currency: v.Tenant.Currency, Country: v.Tenant.Country, Now: time.Now(),
		DateStyle: cmp.Or(v.Who.DateStyle, v.Tenant.DateStyle), NumberStyle: cmp.Or(v.Who.NumberStyle, v.Tenant.NumberStyle),
	}
	for _, name := range []string{v.Who.TimeZone, v.Tenant.TimeZone, BrowserZone(c)} {
		if zone, ok := loadZone(name); ok {
			f.Zone = zone
			break
		}
	}
	return f
}

// BrowserZone is the time zone that the browser says it is in, "" where it says none.
func BrowserZone(c echo.Context) string {
	cookie, err := c.Cookie(zoneCookie)
	if err != nil || len(cookie.Value) > 64 {
		return ""
	}
	if _, ok := loadZone(cookie.Value); !ok {
		return ""
	}
	return cookie.Value
}

// loadZone returns the IANA zone, and false for what is none.
func loadZone(name string) (*time.Location, bool) {
	if name == "" || name == "Local" {
		return nil, false
	}
	zone, err := time.LoadLocation(name)
	return zone, err == nil
}
