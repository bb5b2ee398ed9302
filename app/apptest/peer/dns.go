// Package peer gives tests the servers that a Paddock talks to: for mail, for
// names, for signing in. They are real ones, on ports of their own.
package peer

import (
	"context"
	"net"
	"strconv"
	"strings"
	"sync"

	"github.com/miekg/dns"

	"github.com/paddock-crm/paddock/app/db/pgdev"
)

// DNS is a name server on a port of its own that knows TXT records, and every
// host to be on this machine.
type DNS struct {
	addr string
	mu   sync.Mutex
	txt  map[string]string
}

// NewDNS starts one; it ends with the process.
func NewDNS() (*DNS, error) {
	port, err := pgdev.FreePort(context.Background())
	if err != nil {
		return nil, err
	}
	d := &DNS{addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), txt: map[string]string{}}
	conn, err := new(net.ListenConfig).ListenPacket(context.Background(), "udp", d.addr)
	if err != nil {
		return nil, err
	}
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", d.addr)
	if err != nil {
		return nil, err
	}
	for _, server := range []*dns.Server{{PacketConn: conn}, {Listener: l}} {
		server.Handler = dns.HandlerFunc(d.answer)
		go func() { _ = server.ActivateAndServe() }() // it ends with the process
	}
	return d, nil
}

// SetTXT makes name answer with the text; "" takes it away, and "SERVFAIL" lets
// the server be at a loss. It returns what name answered before.
func (d *DNS) SetTXT(name, text string) (before string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	before = d.txt[name+"."]
	d.txt[name+"."] = text
	return before
}

func (d *DNS) answer(w dns.ResponseWriter, r *dns.Msg) {
	m := new(dns.Msg)
	m.SetReply(r)
	d.mu.Lock()
	defer d.mu.Unlock()
	q := r.Question[0]
	head := dns.RR_Header{Name: q.Name, Rrtype: q.Qtype, Class: dns.ClassINET}
	text := d.txt[strings.ToLower(q.Name)]
	switch {
	case q.Qtype == dns.TypeA:
		m.Answer = append(m.Answer, &dns.A{Hdr: head, A: net.IPv4(127, 0, 0, 1)})
	case q.Qtype == dns.TypeAAAA:
	case text == "SERVFAIL":
		m.Rcode = dns.RcodeServerFailure
	case text != "" && q.Qtype == dns.TypeTXT:
		m.Answer = append(m.Answer, &dns.TXT{Hdr: head, Txt: []string{text}})
	default:
		m.Rcode = dns.RcodeNameError
	}
	_ = w.WriteMsg(m) // who asked has gone
}

// Addr is where it listens, host and port.
func (d *DNS) Addr() string { return d.addr }

// Resolver looks names up there.
func (d *DNS) Resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", d.addr)
	}}
}
