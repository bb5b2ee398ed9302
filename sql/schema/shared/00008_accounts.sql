-- +goose Up

-- The security log: what happened to accounts, and what operators did. It is added
-- to, read, and cleared of what is older than it is kept for; nothing changes it.
create table security_events (
	id        uuid primary key default ext.uuid_v7(),
	at        timestamptz not null default now(),
	user_id   uuid references users on delete set null,   -- whose account; null: nobody's that is known
	tenant_id uuid references tenants on delete set null, -- on whose host it was, or which an operator changed
	action    text not null,
	subject   text not null default '',
	ip        text not null default '',
	device    text not null default '' -- a User-Agent header
);
create index security_events_user on security_events (user_id, id);
create index security_events_at on security_events (at);
select ext.grant_table('security_events', 'select, insert, delete');

-- Workspaces that somebody made for themselves who had not proven an address: what
-- nobody uses or proves is swept, with a mail before.
alter table tenants
	add column unproven        boolean not null default false,
	add column sweep_warned_at timestamptz;
create index tenants_unproven on tenants (claimed_at) where unproven;

-- Showing a password or factor renews the id in the cookie. Requests that were under
-- way with the one before are still its session's, which has shown nothing.
alter table sessions
	add column previous_hash bytea,
	add column renewed_at    timestamptz;
create index sessions_previous on sessions (previous_hash) where previous_hash is not null;

-- Nobody becomes an operator by a password alone: those who never had a second
-- factor, and so never were in the console, are asked by mail (paddock admin grant).
update users u set operator = false where operator and totp_secret = '' and not exists (select from passkeys p where p.user_id = u.id);

-- A copy of a workspace has its members, by their ids.
create index memberships_id on memberships (id);

-- Whoever an archive names as an owner, and has an account here, is invited as one.
alter table invitations drop constraint invitations_role_check, add check (role in ('owner', 'admin', 'member', 'viewer'));

-- A sign-up that waits for its address to be proven, and a first factor that an
-- operator was asked to set up.
alter table one_time_tokens drop constraint one_time_tokens_purpose_check,
	add check (purpose in ('handoff', 'verify', 'email', 'reset', 'passkey', 'oidc', 'signup', 'enrolment'));
