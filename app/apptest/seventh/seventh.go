// Package seventh has a throw-away kind of record, made from a table and a description
// alone, that a test drives through all that records can do: nothing of the product knows of
// it.
package seventh

import (
	"io/fs"
	"testing/fstest"

	"github.com/paddock-crm/paddock/sql/schema"
)

// table is what a migration of a kind is: the table, an index for each column that its list
// sorts by, its rights, the change log.
const table = `-- +goose Up
create table invoices (
	id          uuid primary key,
	number      text collate ext.name_order not null check (number <> ''),
	customer_id uuid references customers,
	status      text not null default 'draft' check (status in ('draft', 'sent', 'paid')),
	amount      bigint check (amount >= 0), -- minor units of the workspace's currency
	issued_on   date,
	paid        boolean not null default false,
	copies      integer,
	remind_at   timestamptz,
	email       text not null default '',
	approvers   uuid[] not null default '{}',
	owner_id    uuid references members,
	description text not null default '',
	version     integer not null default 1,
	created_at  timestamptz not null default now(),
	updated_at  timestamptz not null default now(),
	deleted_at  timestamptz,
	search      text not null generated always as (ext.search_text(number || ' ' || email)) stored
);
create index invoices_by_number on invoices (number, id) where deleted_at is null;
create index invoices_in_status on invoices (array_position(array['draft', 'sent', 'paid'], status), id) where deleted_at is null;
create index invoices_by_customer on invoices (customer_id, id) where deleted_at is null;
create index invoices_by_amount on invoices (amount, id) where deleted_at is null;
create index invoices_by_owner on invoices (owner_id, id) where deleted_at is null;
create index invoices_by_updated_at on invoices (updated_at, id) where deleted_at is null;
create index invoices_by_created_at on invoices (created_at, id) where deleted_at is null;
create index invoices_trash on invoices (deleted_at, id) where deleted_at is not null;
create index invoices_search on invoices using gin (search ext.gin_trgm_ops) with (fastupdate = off);
create index invoices_begins on invoices (left(search, 60) text_pattern_ops);
select ext.grant_table('invoices', 'select, insert, update, delete');
create trigger log_change after insert or update or delete on invoices for each row execute function ext.log_change('invoice');
select ext.count_table('invoices', 'invoice');
`

// This package needs nothing but the schema, so that it is initialised before the packages
// that read the track.
func init() { //nolint:gochecknoinits // for this program's whole time
	track := fstest.MapFS{"00900_invoices.sql": {Data: []byte(table)}}
	ours := schema.Tenant()
	err := fs.WalkDir(ours, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := fs.ReadFile(ours, name)
		track[name] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		panic(err) // they are embedded
	}
	schema.SetTenant(track)
}
