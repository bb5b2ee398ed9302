-- +goose Up

-- Operators enter the console, at admin. below the base host.
alter table users add column operator boolean not null default false;
create index users_operator on users (email) where operator;
create index users_search on users using gin ((email || ' ' || lower(name)) ext.gin_trgm_ops) with (fastupdate = off);

alter table sessions
	add column console boolean not null default false, -- made on the console's host
	add column support boolean not null default false; -- an operator's in a workspace: it reads, for an hour

-- An operator looks into a workspace only where its people can see that.
alter table tenants
	add column support_consent_until timestamptz, -- an owner asked for help: no need to ask first
	add column support_until  timestamptz,        -- an operator may be looking in
	add column support_by     text not null default '',
	add column support_reason text not null default '';

-- Limits of one workspace; null is as for all (app/tenant/limits.go).
alter table tenants
	add column limit_statement_ms integer check (limit_statement_ms between 100 and 600000),
	add column limit_concurrent   integer check (limit_concurrent > 0), -- requests at once, in each process
	add column limit_requests     integer check (limit_requests > 0),   -- a minute
	add column limit_records      bigint  check (limit_records > 0),
	add column limit_bytes        bigint  check (limit_bytes > 0),
	add column limit_jobs         integer check (limit_jobs > 0),       -- waiting at once
	add column full_of text not null default '' check (full_of in ('', 'records', 'storage')); -- nothing more can be added

create or replace trigger tenants_notify_update after update on tenants for each row
	when (coalesce(old.slug, new.slug) is not null -- a spare has no host yet
		and old is distinct from new)
	execute function tenants_notify();
create index tenants_search on tenants using gin ((coalesce(slug, '') || ' ' || lower(name)) ext.gin_trgm_ops) with (fastupdate = off);
create index tenants_claimed on tenants (claimed_at, id) where slug is not null;
create index tenants_failed on tenants (slug) where migration_error <> '';

-- What is counted of each workspace, apart from tenants: it changes all the
-- time, and nobody's host cache should care.
create table tenant_stats (
	tenant_id   uuid primary key references tenants on delete cascade,
	members     integer not null default 0,     -- by the trigger below
	records     bigint  not null default 0,     -- by a job, as is what follows
	bytes       bigint  not null default 0,
	active_at   timestamptz not null default 'epoch', -- the last request
	measured_at timestamptz not null default 'epoch'
);
create index tenant_stats_members on tenant_stats (members, tenant_id);
create index tenant_stats_bytes on tenant_stats (bytes, tenant_id);
create index tenant_stats_active on tenant_stats (active_at, tenant_id);
-- +goose StatementBegin
create function memberships_count() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
	if tg_op = 'INSERT' then
		insert into tenant_stats (tenant_id, members) values (new.tenant_id, 1)
		on conflict (tenant_id) do update set members = tenant_stats.members + 1;
	else
		update tenant_stats set members = members - 1 where tenant_id = old.tenant_id;
	end if;
	return null;
end $$;
-- +goose StatementEnd
create trigger memberships_count after insert or delete on memberships for each row execute function memberships_count();
insert into tenant_stats (tenant_id, members, active_at)
select t.id, (select count(*) from memberships m where m.tenant_id = t.id), coalesce((select max(s.last_seen_at) from sessions s where s.tenant_id = t.id), 'epoch')
from tenants t where t.slug is not null;

-- What a workspace used on a day (UTC), for bills.
create table usage_days (
	tenant_id uuid not null references tenants on delete cascade,
	day       date not null,
	requests  bigint not null default 0,
	refused   bigint not null default 0, -- for being too many
	jobs      bigint not null default 0,
	members   integer not null default 0, -- the most at a time
	records   bigint not null default 0,
	bytes     bigint not null default 0,
	primary key (tenant_id, day)
);
create index usage_days_day on usage_days (day, tenant_id);

-- Requests of this minute over all processes. Losing them in a crash costs
-- nothing, so they write no WAL.
create unlogged table usage_minutes (
	tenant_id uuid not null,
	minute    timestamptz not null,
	requests  integer not null,
	primary key (tenant_id, minute)
);
create index usage_minutes_minute on usage_minutes (minute);

-- Several workspaces may claim a domain; it is whose TXT record stands there.
alter table domains
	drop constraint domains_pkey,
	add primary key (tenant_id, host),
	add column token         text not null default '', -- what its TXT record must say; public by nature
	add column checked_at    timestamptz,
	add column failing_since timestamptz, -- it does not lead here any more; '' and null when all is well
	add column problem       text not null default '';
drop index domains_tenant;
create unique index domains_host on domains (host) where verified_at is not null;
create index domains_checked on domains (checked_at, host) where verified_at is not null;
create index domains_by_host on domains (host, tenant_id);

-- Certificates and what belongs to them, as certmagic keeps them: by path.
create table certificates (
	key         text primary key,
	value       text not null, -- sealed (app/seal)
	size        bigint not null,
	modified_at timestamptz not null default now()
);
create index certificates_prefix on certificates (key text_pattern_ops);
create table certificate_locks (
	name       text primary key,
	holder     uuid not null,
	expires_at timestamptz not null
);

select ext.grant_table(t, 'select, insert, update, delete')
from unnest(array['tenant_stats', 'usage_days', 'usage_minutes', 'certificates', 'certificate_locks']) t;
