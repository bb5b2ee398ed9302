// Package mail sends what Paddock writes to people.
package mail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/seal"
	letter "github.com/paddock-crm/paddock/views/mail"
)

// Message is one mail to one person.
type Message struct {
	ID      string    `json:"-"` // its Message-ID: the same at every attempt
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
	HTML    string    `json:"html"`
	SentAt  time.Time `json:"sent_at"` // set by a Mailbox
	// Until is when it has lost its point, for a link that does not work any
	// longer; zero for never.
	Until time.Time `json:"until"`
	// Unsubscribe is where a POST ends such mails (RFC 8058); "" for mails that nobody can end.
	Unsubscribe string `json:"unsubscribe,omitempty"`
}

// Sender delivers a message, or fails: ErrRefused when trying again is no use.
type Sender func(context.Context, Message) error

// ErrRefused is what a Sender answers when the address will never take mail.
var ErrRefused = errors.New("mail: the address was refused")

// Job is a mail on its way. It is sealed, for it may hold a link that signs
// somebody in, and the queue is a table like any other.
type Job struct {
	db.TenantJob
	Sealed string `json:"sealed"`
}

// Kind names the job in the queue.
func (Job) Kind() string { return "mail" }

const purpose = "mail"

// LetterJob is the job that sends a letter; tenantID is the workspace on whose
// behalf, uuid.Nil for none. Enqueue it in the transaction of what it tells of.
func LetterJob(ctx context.Context, box *seal.Box, tenantID uuid.UUID, to string, l letter.Letter) (Job, error) {
	var html strings.Builder
	if err := l.HTML().Render(ctx, &html); err != nil {
		return Job{}, err
	}
	return NewJob(box, tenantID, Message{To: to, Subject: l.Subject, Text: l.Text(), HTML: html.String(), Until: l.Until,
		Unsubscribe: l.Unsubscribe})
}

// Send has the letter sent if and when the transaction commits.
func Send(ctx context.Context, tx *db.SharedTx, box *seal.Box, tenantID uuid.UUID, to string, l letter.Letter) error {
	job, err := LetterJob(ctx, box, tenantID, to, l)
	if err != nil {
		return err
	}
	return tx.Enqueue(ctx, job)
}

// NewJob is the job that sends the message; tenantID is the workspace on whose
// behalf, uuid.Nil for none. Enqueue it in the transaction of what it tells of.
func NewJob(box *seal.Box, tenantID uuid.UUID, m Message) (Job, error) {
	text, err := json.Marshal(m)
	if err != nil {
		return Job{}, err
	}
	return Job{db.TenantJob{TenantID: tenantID}, box.Seal(purpose, string(text))}, nil
}

// Worker sends mails. A failed one is tried again for some three weeks.
type Worker struct {
	river.WorkerDefaults[Job]
	Box  *seal.Box
	Send Sender
}

// Work sends one.
func (w *Worker) Work(ctx context.Context, job *river.Job[Job]) error {
	text, err := w.Box.Open(purpose, job.Args.Sealed)
	if err != nil {
		return err
	}
	var m Message
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		return err
	}
	if !m.Until.IsZero() && time.Now().After(m.Until) {
		return river.JobCancel(errors.New("mail: too late to be of use"))
	}
	m.ID = fmt.Sprintf("paddock-%d-%d", job.ID, job.CreatedAt.Unix())
	err = w.Send(ctx, m)
	if errors.Is(err, ErrRefused) {
		return river.JobCancel(err)
	}
	return err
}
