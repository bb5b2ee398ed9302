package mail

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
)

// Mailbox catches mail instead of sending it. The zero value is ready.
type Mailbox struct {
	mu       sync.Mutex
	messages []Message
}

// mailboxSize is how many messages are kept; the oldest go first.
const mailboxSize = 500

// Send keeps the message.
func (b *Mailbox) Send(_ context.Context, m Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	m.SentAt = time.Now()
	b.messages = append(b.messages, m)
	b.messages = b.messages[max(0, len(b.messages)-mailboxSize):]
	return nil
}

// List returns the caught messages, newest first; to narrows it to one address, "" does not.
func (b *Mailbox) List(to string) []Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := []Message{}
	for _, m := range slices.Backward(b.messages) {
		if to == "" || strings.EqualFold(m.To, to) {
			out = append(out, m)
		}
	}
	return out
}
