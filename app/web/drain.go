package web

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"time"
)

const (
	// settleDelay is for requests on the connections accepted last: net/http drops
	// what it reads after Shutdown has begun (server.go, conn.serve).
	settleDelay  = 500 * time.Millisecond
	drainTimeout = 20 * time.Second
)

// Drain ends the serving of h at l without losing a request: proxies hear that
// they should go elsewhere (/readyz fails, and every answer closes its
// connection, for PADDOCK_DRAIN_DELAY), then nobody new is accepted, then requests under way finish.
// served is closed when h's Serve has returned.
func (s *Server) Drain(h *http.Server, l *Listener, served <-chan struct{}) error {
	s.draining.Store(true)
	time.Sleep(s.cfg.DrainDelay)
	s.notifications.Hub.Close() // what stays open would keep us; it comes back to another
	if err := l.Stop(); err != nil {
		return err
	}
	<-served
	time.Sleep(settleDelay)
	return Shutdown(h)
}

// Shutdown lets requests under way finish.
func Shutdown(h *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	return h.Shutdown(ctx)
}

// Listener is a TCP listener that can stop without turning away who is waiting
// to be accepted. Closing a socket resets those connections, and what was sent
// on them no proxy may send again where it is a POST.
type Listener struct{ *net.TCPListener }

// Stop makes Accept return who waits already, and then net.ErrClosed.
func (l *Listener) Stop() error { return l.SetDeadline(time.Unix(1, 0)) }

// Accept returns the next connection; net.ErrClosed after Stop or Close.
func (l *Listener) Accept() (net.Conn, error) {
	c, err := l.TCPListener.Accept()
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return c, err
	}
	if c, err = acceptWaiting(l.TCPListener); err == nil {
		return c, nil
	}
	_ = l.Close()
	return nil, net.ErrClosed
}
