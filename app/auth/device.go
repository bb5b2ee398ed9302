package auth

import (
	"strings"

	"github.com/mileusna/useragent"
)

// DeviceName says in words what a User-Agent header tells: "Firefox on Linux";
// "" when that is nothing.
func DeviceName(header string) string {
	ua := useragent.Parse(header)
	var parts []string
	if ua.Name != "" && ua.Name != header {
		parts = append(parts, ua.Name)
	}
	if ua.OS != "" {
		parts = append(parts, ua.OS)
	}
	return strings.Join(parts, " on ")
}
