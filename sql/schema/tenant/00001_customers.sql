-- +goose Up
-- paddock: required

-- The members of this workspace, kept in step with public.memberships in the
-- same transaction. There is no foreign key to public: a tenant schema stands
-- alone. Permissions never come from here.
create table members (
	id         uuid primary key, -- the membership's
	user_id    uuid not null unique,
	name       text collate ext.name_order not null,
	email      text not null,
	active     boolean not null default true,
	created_at timestamptz not null default now()
);
create index members_by_name on members (name, id);

create table tags (
	id    uuid primary key,
	name  text collate ext.name_order not null check (name <> ''),
	color text not null default 'gray' check (color in ('gray', 'red', 'amber', 'green', 'blue'))
);
create unique index tags_name on tags (lower(name));

create table taggings (
	subject_type text not null,
	subject_id   uuid not null,
	tag_id       uuid not null references tags on delete cascade,
	primary key (subject_type, subject_id, tag_id)
);
create index taggings_tag on taggings (tag_id, subject_type, subject_id);

-- Collation ext.name_order also makes lower() fold more than ASCII.
-- Text is never null; what is empty sorts last (see queries/tenantdb/list.go).
create table customers (
	id             uuid primary key,
	name           text collate ext.name_order not null check (name <> ''),
	domain         text not null default '',
	website        text not null default '',
	phone          text not null default '',
	email          text not null default '',
	type           text not null default 'prospect' check (type in ('prospect', 'customer', 'partner', 'at_risk', 'lapsed')),
	industry       text collate ext.name_order not null default '',
	employees      integer check (employees >= 0),
	annual_revenue bigint check (annual_revenue >= 0), -- minor units of the workspace's currency
	street         text not null default '',
	city           text collate ext.name_order not null default '',
	state          text not null default '',
	postal_code    text not null default '',
	country        text not null default '',
	description    text not null default '',
	owner_id       uuid references members,
	version        integer not null default 1,
	created_at     timestamptz not null default now(),
	updated_at     timestamptz not null default now(),
	deleted_at     timestamptz,
	search         text not null generated always as (lower(name || ' ' || domain || ' ' || email)) stored
);
-- One index for each column that the list sorts by; id makes the order total.
create index customers_by_name on customers (name, id) where deleted_at is null;
create index customers_by_type on customers (type, id) where deleted_at is null;
create index customers_by_domain on customers (domain, id) where deleted_at is null;
create index customers_by_industry on customers (industry, id) where deleted_at is null;
create index customers_by_city on customers (city, id) where deleted_at is null;
create index customers_by_annual_revenue on customers (annual_revenue, id) where deleted_at is null;
create index customers_by_owner on customers (owner_id, id) where deleted_at is null;
create index customers_by_updated_at on customers (updated_at, id) where deleted_at is null;
create index customers_by_created_at on customers (created_at, id) where deleted_at is null;
-- Trigrams need three letters; shorter searches look at how a word starts.
create index customers_search on customers using gin (search ext.gin_trgm_ops) with (fastupdate = off); -- a long pending list makes searches slow, and scans cheaper to the planner
create index customers_prefix_name on customers (lower(name) text_pattern_ops);
create index customers_prefix_domain on customers (domain text_pattern_ops);
create index customers_prefix_email on customers (email text_pattern_ops);

select ext.grant_table(t, 'select, insert, update, delete')
from unnest(array['members', 'tags', 'taggings', 'customers']) t;
