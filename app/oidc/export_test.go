package oidc

import "net/http/httptest"

// Trust lets the client reach a test's server: by its certificate, and although it
// is on this machine.
func Trust(c *Client, s *httptest.Server) { c.http.Transport = s.Client().Transport }
