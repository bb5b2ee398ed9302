//go:build production

package web

import "io/fs"

// DevelopmentRoutes are none in a production build.
func DevelopmentRoutes(*Server) []Route { return nil }

// drafts are none in a production build.
func drafts(Options) fs.FS { return nil }
