package account

import (
	"encoding/json"
	"sync"

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/web/page"
)

// A browser that has signed in to an account keeps a cookie that says so, on each
// host: strangers who try that account's passwords elsewhere do not shut it out. It
// opens nothing.

const (
	devicePurpose  = "device cookie"
	deviceCookie   = "device"
	deviceDays     = 400 // as long as browsers keep a cookie (RFC 6265bis)
	deviceAccounts = 6   // of a shared computer; the eldest is forgotten
)

// knownAccount is one that this browser has signed in to.
type knownAccount struct {
	Email string `json:"e"`
	Nonce string `json:"n"` // under which its attempts are counted
}

// knownAccounts reads the cookie, the latest first; what is not of our making
// counts as none.
func (st *Sessions) knownAccounts(c echo.Context) (known []knownAccount) {
	cookie, err := c.Cookie(st.base.CookieName(deviceCookie))
	if err != nil {
		return nil
	}
	text, err := st.box.Open(devicePurpose, cookie.Value)
	if err != nil || json.Unmarshal([]byte(text), &known) != nil {
		return nil
	}
	return known
}

// Place is from where the request comes, for the logs and throttles.
func (st *Sessions) Place(c echo.Context) auth.Place {
	known := sync.OnceValue(func() []knownAccount { return st.knownAccounts(c) })
	return auth.Place{
		Device: auth.Device{IP: c.RealIP(), UserAgent: c.Request().UserAgent()}, Tenant: page.From(c).Tenant,
		Known: func(email string) string {
			for _, a := range known() {
				if a.Email == email {
					return a.Nonce
				}
			}
			return ""
		},
	}
}

// remember writes into the cookie that this browser has signed in to the
// account.
func (st *Sessions) remember(c echo.Context, email string) error {
	accounts := []knownAccount{{Email: email, Nonce: auth.NewToken()[:26]}} // 130 bits
	for _, a := range st.knownAccounts(c) {
		if a.Email == email {
			accounts[0] = a
		} else if len(accounts) < deviceAccounts {
			accounts = append(accounts, a)
		}
	}
	text, err := json.Marshal(accounts)
	if err != nil {
		return err
	}
	st.base.SetCookie(c, deviceCookie, st.box.Seal(devicePurpose, string(text)), deviceDays*24*60*60)
	return nil
}
