package db

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Table is one of a tenant's, with the columns that hold data: generated ones
// follow from the others.
type Table struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
}

// Snapshot is a tenant's schema, and its row of the shared one, at one moment.
type Snapshot struct {
	d      *DB
	tx     pgx.Tx
	schema string
}

// Snapshot runs fn on the tenant's schema in a transaction that sees one
// moment, whatever people change meanwhile. People don't notice the locks that
// it takes; a migration of this tenant waits, for a table that is rewritten looks
// empty to older snapshots.
func (d *DB) Snapshot(ctx context.Context, schema string, fn func(*Snapshot) error) error {
	rows, err := d.owner.Query(ctx,
		`select format('%I.%I', $1::text, relname) from pg_catalog.pg_class where relnamespace = $1::regnamespace and relkind = 'r'
			order by relname`, schema)
	if err != nil {
		return err
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if code(err, "3F000") {
		return ErrNoSchema
	}
	if err != nil {
		return err
	}
	return pgx.BeginTxFunc(ctx, d.owner, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		// The moment is that of the first query, which comes after the locks.
		if _, err := tx.Exec(ctx,
			`set local statement_timeout = 0; set local idle_in_transaction_session_timeout = '10min'; lock table `+strings.Join(tables, ", ")+
				` in access share mode`); err != nil {
			return err
		}
		return fn(&Snapshot{d, tx, schema})
	})
}

// Shared runs fn on the shared schema as of the snapshot's moment, in a
// transaction of its own, which is over long before a large tenant is read: a
// migration of the shared schema must not wait for that.
func (s *Snapshot) Shared(ctx context.Context, fn func(row func(sql string, args []any, into ...any) error) error) error {
	var id string
	if err := s.tx.QueryRow(ctx, `select pg_export_snapshot()`).Scan(&id); err != nil {
		return err
	}
	return pgx.BeginTxFunc(ctx, s.d.owner, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `set transaction snapshot '`+id+`'`); err != nil { // of PostgreSQL's own making
			return err
		}
		return fn(func(sql string, args []any, into ...any) error { return tx.QueryRow(ctx, sql, args...).Scan(into...) })
	})
}

// Tables are the tenant's, those first that others refer to.
func (s *Snapshot) Tables(ctx context.Context) ([]Table, error) {
	rows, err := s.tx.Query(ctx, `
		select c.relname::text, array_agg(a.attname::text order by a.attnum),
		       array(select f.relname::text from pg_catalog.pg_constraint k join pg_catalog.pg_class f on f.oid = k.confrelid
		       where k.conrelid = c.oid and k.contype = 'f' and f.oid <> c.oid)
		from pg_catalog.pg_class c join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
		and a.attgenerated = ''
		where c.relnamespace = $1::regnamespace and c.relkind = 'r'
		group by c.oid, c.relname order by c.relname`, s.schema)
	if err != nil {
		return nil, err
	}
	type found struct {
		Table
		needs []string
	}
	todo, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (f found, err error) {
		err = r.Scan(&f.Name, &f.Columns, &f.needs)
		return f, err
	})
	if err != nil {
		return nil, err
	}
	var out []Table
	there := map[string]bool{}
	for len(todo) > 0 {
		before := len(todo)
		todo = slices.DeleteFunc(todo, func(f found) bool {
			if slices.ContainsFunc(f.needs, func(n string) bool { return !there[n] }) {
				return false
			}
			there[f.Name] = true
			out = append(out, f.Table)
			return true
		})
		if len(todo) == before {
			return nil, fmt.Errorf("db: tables of %s refer to each other in a ring: %s", s.schema, todo[0].Name)
		}
	}
	return out, nil
}

// CopyTo writes the table's rows as CSV with a head, and returns how many.
func (s *Snapshot) CopyTo(ctx context.Context, t Table, w io.Writer) (int64, error) {
	tag, err := s.tx.Conn().PgConn().CopyTo(ctx, w, fmt.Sprintf(`copy %s (%s) to stdout (format csv, header)`,
		pgx.Identifier{s.schema, t.Name}.Sanitize(), idents(t.Columns)))
	return tag.RowsAffected(), err
}

// Loader fills a tenant's fresh schema.
type Loader struct {
	tx     pgx.Tx
	schema string
}

// Load runs fn in one transaction on the tenant's schema, as its owner, with
// the change log's triggers off: what is loaded has its history with it.
func (d *DB) Load(ctx context.Context, schema string, fn func(*Loader) error) error {
	return pgx.BeginFunc(ctx, d.owner, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, fmt.Sprintf(`set local statement_timeout = 0; set local search_path = %s, ext, pg_temp;
			do $$ declare t regclass; begin
				for t in select oid from pg_catalog.pg_class where relnamespace = '%s'::regnamespace
				and relkind = 'r' loop execute 'alter table ' || t || ' disable trigger user'; end loop;
			end $$`, ident(schema), schema))
		if err != nil {
			return err
		}
		if err := fn(&Loader{tx, schema}); err != nil {
			return err
		}
		// Numbers go on behind those that were loaded.
		_, err = tx.Exec(ctx, fmt.Sprintf(`do $$ declare t record; begin
				for t in select oid::regclass as name from pg_catalog.pg_class where relnamespace = '%[1]s'::regnamespace
				and relkind = 'r' loop execute 'alter table ' || t.name || ' enable trigger user'; end loop;
				for t in select a.attrelid::regclass as name, a.attname as col from pg_catalog.pg_attribute a
				join pg_catalog.pg_class c on c.oid = a.attrelid
					where c.relnamespace = '%[1]s'::regnamespace and a.attidentity <> '' and not a.attisdropped loop
					execute format('select pg_catalog.setval(pg_get_serial_sequence(%%L, %%L), (select coalesce(max(%%I), 0) + 1 from %%s), false)',
					t.name::text, t.col, t.col, t.name);
				end loop;
			end $$`, schema))
		return err
	})
}

// Clear empties the schema of what its migrations have put there.
func (l *Loader) Clear(ctx context.Context, tables []Table) error {
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = pgx.Identifier{l.schema, t.Name}.Sanitize()
	}
	_, err := l.tx.Exec(ctx, `truncate `+strings.Join(names, ", "))
	return err
}

// CopyFrom reads a table's rows as CopyTo has written them. A table or column
// that the schema does not have is an error.
func (l *Loader) CopyFrom(ctx context.Context, t Table, r io.Reader) (int64, error) {
	tag, err := l.tx.Conn().PgConn().CopyFrom(ctx, r, fmt.Sprintf(`copy %s (%s) from stdin (format csv, header)`,
		pgx.Identifier{l.schema, t.Name}.Sanitize(), idents(t.Columns)))
	return tag.RowsAffected(), err
}

func idents(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = ident(n)
	}
	return strings.Join(quoted, ", ")
}
