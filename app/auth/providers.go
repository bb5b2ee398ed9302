package auth

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/seal"
	"github.com/paddock-crm/paddock/queries/shareddb"
)

// ProviderOf is a workspace's own OpenID provider; the zero row when it has none.
func ProviderOf(ctx context.Context, d *db.DB, tenantID uuid.UUID) (row shareddb.ProviderGetRow, err error) {
	err = d.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		row, err = tx.ProviderGet(ctx, tenantID)
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return row, nil
	}
	return row, err
}

// SealProviderSecret seals what the workspace shows its provider; another workspace's box
// does not open it.
func SealProviderSecret(box *seal.Box, tenantID uuid.UUID, secret string) string {
	return box.Seal(providerPurpose(tenantID), secret)
}

// OpenProviderSecret is what SealProviderSecret has sealed.
func OpenProviderSecret(box *seal.Box, tenantID uuid.UUID, sealed string) (string, error) {
	return box.Open(providerPurpose(tenantID), sealed)
}

func providerPurpose(tenantID uuid.UUID) string { return "provider " + tenantID.String() }
