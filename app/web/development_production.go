//go:build production

package web

// DevelopmentRoutes are none in a production build.
func DevelopmentRoutes(*Server) []Route { return nil }
