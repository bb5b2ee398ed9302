//go:build unix

package web

import (
	"net"
	"os"
	"syscall"
)

// acceptWaiting returns a connection that waits to be accepted, an error where
// none does. net's own Accept has no such question: past its deadline it does not
// look.
func acceptWaiting(l *net.TCPListener) (net.Conn, error) {
	raw, err := l.SyscallConn()
	if err != nil {
		return nil, err
	}
	fd := -1
	if control := raw.Control(func(listener uintptr) { fd, _, err = syscall.Accept(int(listener)) }); control != nil {
		return nil, control
	}
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "")
	defer f.Close()
	return net.FileConn(f)
}
