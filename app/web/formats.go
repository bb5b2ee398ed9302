package web

import (
	"time"
	_ "time/tzdata" // zones, also where the machine has none

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/entity"
)

// zoneCookie holds the browser's time zone; app.js sets it. It is a hint: what
// is no zone is as if it were not there.
const zoneCookie = "zone"

// formats is how whoever asks reads dates and numbers: as the person chose,
// else as the workspace did; the zone else as the browser says.
func (v *visit) formats(c echo.Context) entity.Formats {
	f := entity.Formats{
		Zone: time.UTC, Currency: v.tenant.Currency, Country: v.tenant.Country, Now: time.Now(),
		DateStyle: first(v.who.DateStyle, v.tenant.DateStyle), NumberStyle: first(v.who.NumberStyle, v.tenant.NumberStyle),
	}
	hint := ""
	if cookie, err := c.Cookie(zoneCookie); err == nil && len(cookie.Value) <= 64 {
		hint = cookie.Value
	}
	for _, name := range []string{v.who.TimeZone, v.tenant.TimeZone, hint} {
		if zone, ok := loadZone(name); ok {
			f.Zone = zone
			break
		}
	}
	return f
}

// loadZone returns the IANA zone, and false for what is none.
func loadZone(name string) (*time.Location, bool) {
	if name == "" || name == "Local" {
		return nil, false
	}
	zone, err := time.LoadLocation(name)
	return zone, err == nil
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
