-- +goose Up

-- Extensions and everything that tenant schemas share without owning it.
-- Tenant roles may use it; there is no data in it.
create schema ext;
grant usage on schema ext to public;
create extension pg_trgm schema ext;

-- Names as people sort them: apple before Zebra, Unit 9 before Unit 10.
create collation ext.name_order (provider = icu, locale = 'und-u-kn-true');

-- The role of a schema: tenants have one each, public has one for all requests.
-- +goose StatementBegin
create function ext.schema_role() returns text language sql stable
return case current_schema() when 'public' then current_database() || '_shared'
                             else current_database() || '_' || current_schema() end;
-- +goose StatementEnd

-- Migrations grant with this, table by table, for they do not know the role's
-- name, and GRANT ON ALL TABLES scans every relation of the database.
-- +goose StatementBegin
create function ext.grant_table(name text, privileges text) returns void language plpgsql as $$
begin
	execute format('grant %s on table %I.%I to %I', privileges, current_schema(), name, ext.schema_role());
end $$;
-- +goose StatementEnd

create table users (
	id                uuid primary key,
	email             text not null unique check (email = lower(email)),
	name              text not null,
	password_hash     text not null,
	email_verified_at timestamptz,
	created_at        timestamptz not null default now()
);

create table tenants (
	id              uuid primary key,
	schema          text not null unique check (schema ~ '^t_[a-z0-9]+$'),
	-- preparing: its schema is being made. spare: ready, waiting for a sign-up.
	state           text not null check (state in ('preparing', 'spare', 'active', 'suspended', 'deleted')),
	slug            text unique, -- kept when deleted: it stays quarantined
	name            text not null default '',
	currency        text not null default 'EUR',
	schema_version  bigint not null default 0,
	migration_error text not null default '',
	created_at      timestamptz not null default now(),
	claimed_at      timestamptz,
	check ((slug is null) = (state in ('preparing', 'spare')))
);
create index tenants_waiting on tenants (created_at) where state in ('preparing', 'spare');
create index tenants_schema_version on tenants (schema_version);

-- Custom domains; only a verified one resolves.
create table domains (
	host        text primary key check (host = lower(host)),
	tenant_id   uuid not null references tenants on delete cascade,
	verified_at timestamptz,
	created_at  timestamptz not null default now()
);
create index domains_tenant on domains (tenant_id);

create table memberships (
	id         uuid primary key, -- also the id of the tenant schema's members row
	tenant_id  uuid not null references tenants on delete cascade,
	user_id    uuid not null references users on delete cascade,
	role       text not null check (role in ('owner', 'admin', 'member', 'viewer')),
	created_at timestamptz not null default now(),
	unique (tenant_id, user_id)
);
create index memberships_user on memberships (user_id);

-- A session belongs to the host it was made on: tenant_id is null on the base host.
create table sessions (
	id_hash      bytea primary key, -- sha-256 of the id in the cookie
	user_id      uuid not null references users on delete cascade,
	tenant_id    uuid references tenants on delete cascade,
	ip           text not null default '',
	user_agent   text not null default '',
	created_at   timestamptz not null default now(),
	last_seen_at timestamptz not null default now(),
	expires_at   timestamptz not null
);
create index sessions_user on sessions (user_id);
create index sessions_tenant on sessions (tenant_id);
create index sessions_expires on sessions (expires_at);

-- Single use: consuming one is a DELETE … RETURNING.
create table one_time_tokens (
	hash       bytea primary key, -- sha-256
	purpose    text not null check (purpose in ('handoff')),
	user_id    uuid not null references users on delete cascade,
	tenant_id  uuid references tenants on delete cascade,
	created_at timestamptz not null default now(),
	expires_at timestamptz not null
);
create index one_time_tokens_user on one_time_tokens (user_id);
create index one_time_tokens_tenant on one_time_tokens (tenant_id);
create index one_time_tokens_expires on one_time_tokens (expires_at);

-- Attempts per key in a window that starts with the first. Losing them in a
-- crash costs nothing, so they write no WAL.
create unlogged table throttles (
	key      text primary key,
	attempts integer not null,
	ends_at  timestamptz not null
);
create index throttles_ends on throttles (ends_at);

-- Every process caches host → tenant; this makes them forget, whoever made the
-- change. The payload names slugs and hosts, or nothing for all of them. It is
-- a hint: listeners look again, they do not believe.
-- +goose StatementBegin
create function hosts_notify(variadic names text[]) returns void language sql as $$
	select pg_notify('paddock_tenants', case when length(n) < 7000 then n else '' end) from array_to_string(names, ' ') n
$$;
-- +goose StatementEnd
-- +goose StatementBegin
create function tenants_notify() returns trigger language plpgsql as $$
begin
	perform public.hosts_notify(variadic array[old.slug, case when tg_op = 'UPDATE' then new.slug end]
		|| array(select d.host from public.domains d where d.tenant_id = old.id));
	return null;
end $$;
-- +goose StatementEnd
-- +goose StatementBegin
create function domains_notify() returns trigger language plpgsql as $$
begin
	perform public.hosts_notify(case when tg_op <> 'INSERT' then old.host end, case when tg_op <> 'DELETE' then new.host end);
	return null;
end $$;
-- +goose StatementEnd
create trigger tenants_notify_update after update on tenants for each row
	when (coalesce(old.slug, new.slug) is not null -- a spare has no host yet
		and (old.slug, old.state, old.name, old.currency, old.schema) is distinct from (new.slug, new.state, new.name, new.currency, new.schema))
	execute function tenants_notify();
create trigger tenants_notify_delete after delete on tenants for each row when (old.slug is not null) execute function tenants_notify();
create trigger domains_notify after insert or update or delete on domains for each row execute function domains_notify();

select ext.grant_table(t, 'select, insert, update, delete')
from unnest(array['users', 'tenants', 'domains', 'memberships', 'sessions', 'one_time_tokens', 'throttles']) t;
