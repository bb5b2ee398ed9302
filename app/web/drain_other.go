//go:build !unix

package web

import (
	"errors"
	"net"
)

// acceptWaiting finds nobody: there is no such question here.
func acceptWaiting(*net.TCPListener) (net.Conn, error) { return nil, errors.ErrUnsupported }
