package db

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// What only tests need: SQL that is not generated, and the pool itself.

func RawQuery(ctx context.Context, tx *TenantTx, sql string) (pgx.Rows, error) {
	return tx.on.Query(ctx, sql)
}

func RawQueryRow(ctx context.Context, tx *TenantTx, sql string) pgx.Row {
	return tx.on.QueryRow(ctx, sql)
}

func Pool(d *DB) *pgxpool.Pool { return d.app.Pool }

func (d *DB) Name() string { return d.name }

func RawEntry(ctx context.Context, d *DB, sql string) error {
	return d.run(ctx, entering, func(p *pipe) error {
		_, err := guarded{p, nil}.Exec(ctx, sql)
		return err
	})
}
