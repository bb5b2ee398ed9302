package db

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// What only tests need: SQL that is not generated, and the pool itself.

func RawQuery(ctx context.Context, tx *TenantTx, sql string) (pgx.Rows, error) {
	return guarded{tx.tx}.Query(ctx, sql)
}

func RawQueryRow(ctx context.Context, tx *TenantTx, sql string) pgx.Row {
	return guarded{tx.tx}.QueryRow(ctx, sql)
}

func Pool(d *DB) *pgxpool.Pool { return d.app }

func (d *DB) Name() string { return d.name }
