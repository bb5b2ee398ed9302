package apptest

import (
	"context"
	"net"
	"strings"
	"sync"

	"github.com/miekg/dns"
)

// DNS is a name server on a port of its own that knows TXT records.
type DNS struct {
	addr string
	mu   sync.Mutex
	txt  map[string]string
}

func newDNS() (*DNS, error) {
	conn, err := new(net.ListenConfig).ListenPacket(context.Background(), "udp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d := &DNS{addr: conn.LocalAddr().String(), txt: map[string]string{}}
	server := &dns.Server{PacketConn: conn, Handler: dns.HandlerFunc(d.answer)}
	go func() { _ = server.ActivateAndServe() }() // it ends with the process
	return d, nil
}

// SetTXT makes name answer with the text; "" takes it away.
func (d *DNS) SetTXT(name, text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.txt[name+"."] = text
}

func (d *DNS) answer(w dns.ResponseWriter, r *dns.Msg) {
	m := new(dns.Msg)
	m.SetReply(r)
	d.mu.Lock()
	defer d.mu.Unlock()
	q := r.Question[0]
	if text := d.txt[strings.ToLower(q.Name)]; text != "" && q.Qtype == dns.TypeTXT {
		m.Answer = append(m.Answer, &dns.TXT{Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeTXT, Class: dns.ClassINET}, Txt: []string{text}})
	} else {
		m.Rcode = dns.RcodeNameError
	}
	_ = w.WriteMsg(m) // who asked has gone
}

func (d *DNS) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", d.addr)
	}}
}
