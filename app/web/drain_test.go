package web_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"testing"

	"github.com/paddock-crm/paddock/app/web"
)

// Who has connected and sent a request before the listener stops is answered,
// also when nobody has accepted the connection yet.
func TestStopTurnsNobodyAway(t *testing.T) {
	t.Parallel()
	inner, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dial := func() (net.Conn, error) {
		return new(net.Dialer).DialContext(t.Context(), "tcp", inner.Addr().String())
	}
	var waiting []net.Conn
	for range 5 {
		c, err := dial()
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprint(c, "POST / HTTP/1.1\r\nHost: paddock.test\r\nContent-Length: 0\r\n\r\n")
		waiting = append(waiting, c)
	}
	l := &web.Listener{TCPListener: inner.(*net.TCPListener)}
	if err := l.Stop(); err != nil {
		t.Fatal(err)
	}
	h := web.NewHTTP(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	if err := h.Serve(l); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Serve ended with %v", err)
	}
	for i, c := range waiting {
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusNoContent {
			t.Errorf("connection %d: %d", i, res.StatusCode)
		}
	}
	if _, err := dial(); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("one who comes later: %v, want refused", err)
	}
	if err := web.Shutdown(h); err != nil {
		t.Error(err)
	}
}
