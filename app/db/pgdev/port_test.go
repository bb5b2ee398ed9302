package pgdev

import (
	"fmt"
	"net"
	"testing"
)

// No port is given out twice, none that is taken, and none that a kernel may give
// to an outgoing connection. It is alone: it listens where others would next.
func TestFreePort(t *testing.T) { //nolint:paralleltest // see above
	seen := map[int]bool{}
	for range 200 {
		port, err := FreePort(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if seen[port] || port < firstPort || port >= 32768 {
			t.Fatalf("%d, after %v", port, seen)
		}
		seen[port] = true
		next := firstPort + int((chosen.Load()+1)%ports)
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", next))
		if err != nil {
			continue // another program's
		}
		defer l.Close()
		seen[next] = true
	}
}
