package web

import (
	"context"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/mail"
	letter "github.com/paddock-crm/paddock/views/mail"
)

// mail has the letter sent if and when the transaction commits. tenantID is the
// workspace that has it sent, uuid.Nil for none.
func (s *Server) mail(ctx context.Context, tx *db.SharedTx, tenantID uuid.UUID, to string, l letter.Letter) error {
	job, err := mail.LetterJob(ctx, s.box, tenantID, to, l)
	if err != nil {
		return err
	}
	return tx.Enqueue(ctx, job)
}
