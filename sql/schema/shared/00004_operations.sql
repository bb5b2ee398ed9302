-- +goose Up

-- Processes also hear when a tenant's version changes: below the version that
-- the program needs, its pages say that it is being updated.
create or replace trigger tenants_notify_update after update on tenants for each row
	when (coalesce(old.slug, new.slug) is not null -- a spare has no host yet
		and (old.slug, old.state, old.name, old.currency, old.schema, old.country, old.time_zone, old.date_style, old.number_style, old.require_second_factor, old.schema_version)
		is distinct from (new.slug, new.state, new.name, new.currency, new.schema, new.country, new.time_zone, new.date_style, new.number_style, new.require_second_factor, new.schema_version))
	execute function tenants_notify();

-- importing: an archive is being loaded into it; nobody claims it meanwhile.
alter table tenants drop constraint tenants_state_check, drop constraint tenants_check,
	add check (state in ('preparing', 'spare', 'importing', 'active', 'suspended', 'deleted')),
	add check ((slug is null) = (state in ('preparing', 'spare', 'importing')));

-- When a workspace was suspended or deleted, and by what name else it was known.
alter table tenants
	add column suspended_at timestamptz,
	add column deleted_at   timestamptz,
	add column schema_made  boolean not null default true; -- false once a deleted one's schema is dropped

-- A name that a workspace gave up leads to it for a while, and is nobody
-- else's in that time.
create table former_slugs (
	slug      text primary key,
	tenant_id uuid not null references tenants on delete cascade,
	until     timestamptz not null
);
create index former_slugs_tenant on former_slugs (tenant_id);
-- +goose StatementBegin
create function former_slugs_notify() returns trigger language plpgsql as $$
begin
	perform public.hosts_notify(case when tg_op <> 'INSERT' then old.slug end, case when tg_op <> 'DELETE' then new.slug end);
	return null;
end $$;
-- +goose StatementEnd
create trigger former_slugs_notify after insert or update or delete on former_slugs for each row execute function former_slugs_notify();
select ext.grant_table('former_slugs', 'select, insert, update, delete');

-- A member's id is the workspace's own: a copy of a workspace has the same.
alter table invitations drop constraint invitations_invited_by_fkey;
alter table ownership_offers drop constraint ownership_offers_membership_id_fkey, drop constraint ownership_offers_offered_by_fkey;
alter table memberships drop constraint memberships_pkey, add primary key (tenant_id, id);
alter table invitations add foreign key (tenant_id, invited_by) references memberships (tenant_id, id) on delete set null (invited_by);
alter table ownership_offers
	add foreign key (tenant_id, membership_id) references memberships (tenant_id, id) on delete cascade,
	add foreign key (tenant_id, offered_by) references memberships (tenant_id, id) on delete cascade;

-- Archives that owners asked for, in pieces, until they expire: any process can
-- make one, and any can hand it out.
create table exports (
	id           uuid primary key,
	tenant_id    uuid not null references tenants on delete cascade,
	requested_by uuid not null, -- the member
	state        text not null default 'waiting' check (state in ('waiting', 'done', 'failed')),
	done         integer not null default 0, -- tables
	total        integer not null default 0,
	size         bigint not null default 0, -- bytes
	created_at   timestamptz not null default now(),
	expires_at   timestamptz not null
);
create index exports_tenant on exports (tenant_id, created_at);
create index exports_expires on exports (expires_at);
create table export_chunks (
	export_id uuid not null references exports on delete cascade,
	n         integer not null,
	data      bytea not null,
	primary key (export_id, n)
);
select ext.grant_table(t, 'select, insert, update, delete') from unnest(array['exports', 'export_chunks']) t;

create index users_avatar on users (avatar);
create index sessions_provider on sessions (provider) where provider is not null;
