//go:build production

package web

import (
	"embed"
	"io/fs"
)

// DevelopmentRoutes are none in a production build.
func DevelopmentRoutes(*Server) []Route { return nil }

// drafts are none in a production build.
func drafts(bool) fs.FS { return embed.FS{} }
