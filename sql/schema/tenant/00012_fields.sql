-- +goose Up
-- paddock: required

-- Fields of the team's own. What a record holds in them is in its column custom, by their
-- keys, which never change.
create table field_definitions (
	id         uuid primary key,
	kind       text not null,
	key        text not null,
	label      text not null,
	help       text not null default '',
	type       text not null,
	required   boolean not null default false,
	options    jsonb not null default '[]', -- of a select: value, label and color of each, in their order
	refers     text not null default '',    -- of a reference: to which kind of record
	preset     text not null default '',    -- what a new record has, as text; '' for nothing
	section    text not null default '',
	show       text[] not null default '{}',
	position   integer not null,
	version    integer not null default 1,
	retired_at timestamptz, -- it is asked for no more; what records hold stays
	deleted_at timestamptz, -- it goes for good after 30 days
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	constraint field_definitions_kind check (kind in ('customer', 'contact', 'lead', 'deal', 'project', 'task')),
	constraint field_definitions_key check (key ~ '^x_[a-z0-9_]{1,40}$'),
	constraint field_definitions_once unique (kind, key)
);
select ext.grant_table('field_definitions', 'select, insert, update, delete');

alter table customers add column custom jsonb not null default '{}';
alter table customers add constraint customers_custom check (jsonb_typeof(custom) = 'object');
alter table contacts add column custom jsonb not null default '{}';
alter table contacts add constraint contacts_custom check (jsonb_typeof(custom) = 'object');
alter table leads add column custom jsonb not null default '{}';
alter table leads add constraint leads_custom check (jsonb_typeof(custom) = 'object');
alter table deals add column custom jsonb not null default '{}';
alter table deals add constraint deals_custom check (jsonb_typeof(custom) = 'object');
alter table projects add column custom jsonb not null default '{}';
alter table projects add constraint projects_custom check (jsonb_typeof(custom) = 'object');
alter table tasks add column custom jsonb not null default '{}';
alter table tasks add constraint tasks_custom check (jsonb_typeof(custom) = 'object');
