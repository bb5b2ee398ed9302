-- +goose Up

-- Migrations of tenant schemas grant their functions with this; see grant_table.
-- +goose StatementBegin
create function ext.grant_function(signature text) returns void language plpgsql as $$
begin
	execute format('revoke execute on function %I.%s from public', current_schema(), signature);
	execute format('grant execute on function %I.%s to %I', current_schema(), signature, ext.schema_role());
end $$;
-- +goose StatementEnd

alter table users
	alter column password_hash set default '',                      -- '' has none: no password matches it
	add column password_short boolean not null default false,       -- shorter than is allowed without a second factor
	add column totp_secret    text    not null default '',          -- sealed (app/seal); '' has none
	add column totp_step      bigint  not null default 0,           -- the last 30 seconds whose code was used
	add column theme          text    not null default '' check (theme in ('', 'light', 'dark')),
	add column avatar         text    not null default '';          -- names the image in avatars; '' has none

create table avatars (
	user_id uuid primary key references users on delete cascade,
	image   bytea not null -- a PNG of our own making
);

create table recovery_codes (
	user_id uuid not null references users on delete cascade,
	hash    bytea not null, -- sha-256
	primary key (user_id, hash)
);

create table passkeys (
	id            uuid primary key,
	user_id       uuid not null references users on delete cascade,
	credential_id bytea not null unique,
	credential    jsonb not null, -- webauthn.Credential: public key, sign count, flags
	name          text not null,
	created_at    timestamptz not null default now(),
	last_used_at  timestamptz
);
create index passkeys_user on passkeys (user_id);

-- Who somebody is at an OpenID provider. A workspace's own provider is trusted
-- for that workspace alone; the platform's have no tenant.
create table identities (
	id         uuid primary key,
	tenant_id  uuid references tenants on delete cascade,
	issuer     text not null,
	subject    text not null,
	user_id    uuid not null references users on delete cascade,
	created_at timestamptz not null default now(),
	unique nulls not distinct (tenant_id, issuer, subject)
);
create index identities_user on identities (user_id);

create table tenant_providers (
	tenant_id     uuid primary key references tenants on delete cascade,
	name          text not null,
	issuer        text not null,
	client_id     text not null,
	client_secret text not null, -- sealed
	join_role     text not null default '' check (join_role in ('', 'viewer', 'member')) -- '': by invitation alone
);

-- Domains of email addresses for which a workspace's provider may speak.
create table tenant_email_domains (
	tenant_id   uuid not null references tenants on delete cascade,
	domain      text not null check (domain = lower(domain)),
	token       text not null, -- what its TXT record must say; public by nature
	verified_at timestamptz,
	created_at  timestamptz not null default now(),
	primary key (tenant_id, domain)
);

alter table tenants add column require_second_factor boolean not null default false;
create or replace trigger tenants_notify_update after update on tenants for each row
	when (coalesce(old.slug, new.slug) is not null -- a spare has no host yet
		and (old.slug, old.state, old.name, old.currency, old.schema, old.country, old.time_zone, old.date_style, old.number_style, old.require_second_factor)
		is distinct from (new.slug, new.state, new.name, new.currency, new.schema, new.country, new.time_zone, new.date_style, new.number_style, new.require_second_factor))
	execute function tenants_notify();

alter table sessions
	add column id        uuid not null unique default gen_random_uuid(), -- how its owner names it; it opens nothing
	add column pending   boolean not null default false,                 -- the password was right, the second factor is missing
	add column strong    boolean not null default false,                 -- a second factor was shown
	add column provider  uuid references tenants on delete cascade,      -- begun by this workspace's own provider
	add column proved_at timestamptz not null default now();             -- when a password or factor was shown last

alter table one_time_tokens
	alter column user_id drop not null, -- a ceremony that begins with nobody
	add column email    text not null default '',
	add column data     text not null default '', -- sealed where it is secret
	add column strong   boolean not null default false,
	drop constraint one_time_tokens_purpose_check,
	add check (purpose in ('handoff', 'verify', 'email', 'reset', 'passkey', 'oidc'));

create table invitations (
	id         uuid primary key,
	tenant_id  uuid not null references tenants on delete cascade,
	email      text not null check (email = lower(email)),
	role       text not null check (role in ('admin', 'member', 'viewer')),
	token_hash bytea not null unique, -- sha-256
	invited_by uuid references memberships on delete set null,
	sent_at    timestamptz not null default now(),
	expires_at timestamptz not null,
	unique (tenant_id, email)
);
create index invitations_invited_by on invitations (invited_by);

-- An owner's offer to hand the workspace over; it takes the other's consent.
create table ownership_offers (
	tenant_id     uuid primary key references tenants on delete cascade,
	membership_id uuid not null references memberships on delete cascade,
	offered_by    uuid not null references memberships on delete cascade,
	expires_at    timestamptz not null
);
create index ownership_offers_membership on ownership_offers (membership_id);
create index ownership_offers_offered_by on ownership_offers (offered_by);

-- A workspace never loses its last owner. The lock makes two owners who leave
-- at once take turns; as the owner of the table, for a commit may come in a
-- tenant's scope.
-- +goose StatementBegin
create function memberships_keep_owner() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
	perform from tenants where id = old.tenant_id and state in ('active', 'suspended') for update;
	if found and not exists (select from memberships where tenant_id = old.tenant_id and role = 'owner') then
		raise exception 'the last owner of a workspace' using errcode = '23514', constraint = 'memberships_keep_owner';
	end if;
	return null;
end $$;
-- +goose StatementEnd
create constraint trigger memberships_keep_owner after update or delete on memberships
	deferrable initially deferred for each row when (old.role = 'owner') execute function memberships_keep_owner();

select ext.grant_table(t, 'select, insert, update, delete')
from unnest(array['avatars', 'recovery_codes', 'passkeys', 'identities', 'tenant_providers', 'tenant_email_domains', 'invitations', 'ownership_offers']) t;
