package entity

import (
	"net/mail"
	"net/url"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

const notEmail = "This is not an email address. It should look like name@example.com."

// ParseEmail reads an email address, in small letters and with an international domain
// in its letters. A "mailto:" before it is cut off.
func ParseEmail(text string) (string, error) {
	v := Address(text)
	if rest, ok := cutFold(v, "mailto:"); ok {
		v, _, _ = strings.Cut(strings.TrimLeft(rest, "/"), "?")
		if plain, err := url.PathUnescape(v); err == nil {
			v = plain
		}
	}
	a, err := mail.ParseAddress(v)
	if err != nil || a.Address != v || strings.ContainsFunc(v, unicode.IsSpace) {
		return "", wrong(notEmail)
	}
	at := strings.LastIndexByte(a.Address, '@')
	domain := host(a.Address[at+1:])
	if domain == "" {
		return "", wrong(notEmail)
	}
	return strings.ToLower(a.Address[:at]) + "@" + domain, nil
}

// ParseDomain reads a domain out of what people paste: a URL, with a port, a path,
// a query, an email address. It is in small letters, an international one in its own,
// without a www before it.
func ParseDomain(text string) (string, error) {
	v := hostIn(text)
	if rest, ok := strings.CutPrefix(v, "www."); ok && strings.Contains(rest, ".") {
		v = rest
	}
	if v == "" {
		return "", wrong("This is not a domain. It should look like example.com.")
	}
	return v, nil
}

// HostName is the host in what somebody typed, as DNS has it; "" when there is none.
func HostName(text string) string {
	ascii, err := lookup.ToASCII(hostIn(text))
	if err != nil {
		return ""
	}
	return ascii
}

func hostIn(text string) string {
	v := Address(text)
	if rest, ok := cutFold(v, "mailto:"); ok {
		v = rest
	}
	if _, rest, ok := strings.Cut(v, "://"); ok {
		v = rest
	}
	v = strings.TrimLeft(v, "/")
	if i := strings.IndexAny(v, "/?#\\"); i >= 0 {
		v = v[:i]
	}
	v = v[strings.LastIndexByte(v, '@')+1:]
	return host(cutPort(v))
}

// ParseWebsite reads a URL, with https:// where it names no scheme and an
// international domain in its letters.
func ParseWebsite(text string) (string, error) {
	v, bad := Address(text), wrong("This is not a web address. It should look like https://example.com.")
	if rest, ok := cutFold(v, "mailto:"); ok {
		v, _, _ = strings.Cut(strings.TrimLeft(rest, "/"), "?")
		v = v[strings.LastIndexByte(v, '@')+1:]
	}
	if !strings.Contains(v, "://") {
		v = "https://" + strings.TrimPrefix(v, "//")
	}
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return "", bad
	}
	name := host(u.Hostname())
	if name == "" {
		return "", bad
	}
	if p := u.Port(); p != "" {
		name += ":" + p
	}
	scheme := u.Scheme
	u.Scheme, u.Host = "", ""
	return scheme + "://" + name + u.String(), nil
}

func cutFold(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return s, false
}

func cutPort(v string) string {
	name, port, ok := strings.Cut(v, ":")
	if ok && (port == "" || onlyDigits(port)) {
		return name
	}
	return v
}

// lookup reads names as browsers do (UTS 46).
var lookup = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(true), idna.VerifyDNSLength(true))

// host is a host's name in letters, "" for what is none: an address of numbers, a name
// of one word.
func host(v string) string {
	ascii, err := lookup.ToASCII(strings.TrimSuffix(v, "."))
	if err != nil || !strings.Contains(ascii, ".") || strings.HasSuffix(ascii, ".") || len(ascii) > 253 {
		return ""
	}
	top := ascii[strings.LastIndexByte(ascii, '.')+1:]
	if strings.IndexFunc(top, func(r rune) bool { return r < 'a' || r > 'z' }) >= 0 && !strings.HasPrefix(top, "xn--") {
		return ""
	}
	letters, err := lookup.ToUnicode(ascii)
	if err != nil {
		return ascii
	}
	return letters
}

// Site is the domain that a name, a web address or an email address belongs to, as one
// registers it: acme.com of shop.acme.com. It is "" for what is no such, and for the
// domains of providers, whose addresses are anybody's.
func Site(text string) string {
	v, err := ParseDomain(text)
	if err != nil || PrivateMail(v) {
		return ""
	}
	ascii, err := lookup.ToASCII(v)
	if err != nil {
		return ""
	}
	site, err := publicsuffix.EffectiveTLDPlusOne(ascii)
	if err != nil {
		return ""
	}
	return host(site)
}
