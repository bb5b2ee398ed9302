package pgdev

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
	"sync/atomic"
)

// The ports to choose from lie below those that a kernel gives to outgoing
// connections (32768 and up on Linux, 49152 on the others). One of those may be
// taken before the server that it was meant for listens, or while that restarts:
// a client that dials a closed port of this machine can even meet itself there.
const firstPort, ports = 12_000, 18_000

// chosen counts up from a place of the process's own, so that no port is given
// out twice.
var chosen atomic.Uint32

func init() { chosen.Store(rand.Uint32N(ports)) } //nolint:gosec // no secret

// FreePort returns a port of 127.0.0.1 that nobody listens on, for a server that
// is to be started on it. It fails when there is none.
func FreePort(ctx context.Context) (int, error) {
	for range ports {
		port := firstPort + int(chosen.Add(1)%ports)
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
		if err != nil {
			continue
		}
		_ = l.Close()
		return port, nil
	}
	return 0, errors.New("no free port on 127.0.0.1")
}
