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

-- What is made of a note's text is no change of it.
-- +goose StatementBegin
create or replace function ext.write_change(schema name, op text, entity text, o jsonb, n jsonb) returns void language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
	r      jsonb := coalesce(n, o);
	id     uuid := coalesce(r->>'id', r->>'subject_id');
	hidden text[] := array['id', 'version', 'created_at', 'updated_at', 'active_at', 'search', 'due_order', 'email_domain', 'html', 'html_mark'];
	before jsonb;
	after  jsonb;
begin
	if entity = 'contact' then
		hidden := hidden || array['name', 'email', 'phone']; -- generated
	elsif entity = 'lead' then
		hidden := hidden || array['name'];
	end if;
	case op
	when 'UPDATE' then
		select jsonb_object_agg(k, o->k), jsonb_object_agg(k, n->k) into before, after
		from jsonb_object_keys(n) k where o->k is distinct from n->k and k <> all (hidden);
		if after is null then
			return;
		end if;
	when 'INSERT' then
		if entity = 'tagging' then after := n; end if;
	when 'DELETE' then
		if entity = 'tagging' then
			before := o;
		else -- gone for good: its history goes too, this line stays
			execute format('delete from %I.changes where subject_id = $1 or entity_id = $1', schema) using id;
		end if;
	end case;
	execute format('insert into %I.changes (change_set, member_id, entity, entity_id, subject_type, subject_id, op, before, after)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)', schema)
	using coalesce(nullif(current_setting('paddock.change_set', true), '')::uuid, gen_random_uuid()),
		nullif(current_setting('paddock.member_id', true), '')::uuid,
		entity, id, coalesce(nullif(r->>'subject_type', ''), entity), coalesce((r->>'subject_id')::uuid, id), lower(op), before, after;
end $$;
-- +goose StatementEnd

-- A copy of a workspace has its members, by their ids.
create index memberships_id on memberships (id);

-- Whoever an archive names as an owner, and has an account here, is invited as one.
alter table invitations drop constraint invitations_role_check, add check (role in ('owner', 'admin', 'member', 'viewer'));

-- A sign-up that waits for its address to be proven, and a first factor that an
-- operator was asked to set up.
alter table one_time_tokens drop constraint one_time_tokens_purpose_check,
	add check (purpose in ('handoff', 'verify', 'email', 'reset', 'passkey', 'oidc', 'signup', 'enrolment'));
