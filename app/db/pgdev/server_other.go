//go:build !unix

package pgdev

import (
	"context"
	"errors"
)

func (s *Server) run(context.Context, string, Options) error {
	return errors.New("the built-in PostgreSQL runs on Linux, macOS and BSD; set DATABASE_URL to a server")
}

func lock(context.Context, string) (func(), error) { return func() {}, nil }
