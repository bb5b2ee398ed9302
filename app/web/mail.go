package web

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/mail"
	letter "github.com/paddock-crm/paddock/views/mail"
)

// mail has the letter sent if and when the transaction commits. tenantID is the
// workspace that has it sent, uuid.Nil for none.
func (s *Server) mail(ctx context.Context, tx *db.SharedTx, tenantID uuid.UUID, to string, l letter.Letter) error {
	var html strings.Builder
	if err := l.HTML().Render(ctx, &html); err != nil {
		return err
	}
	job, err := mail.NewJob(s.box, tenantID, mail.Message{To: to, Subject: l.Subject, Text: l.Text(), HTML: html.String(), Until: l.Until})
	if err != nil {
		return err
	}
	return tx.Enqueue(ctx, job)
}
