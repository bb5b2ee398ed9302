-- +goose Up

-- What is asked before anybody is known, as one statement instead of a transaction: the
-- baseline role, with which every connection begins, may call what is here and nothing else.
create schema entry;
-- +goose StatementBegin
do $$ begin
	execute format('grant usage on schema entry to %I', current_database() || '_app');
end $$;

-- A session is somebody only on the host it was made on. The membership comes
-- with it, so that a removed member is out at the next click; an operator who
-- is none any more loses what being one has opened. The id before the last renewal
-- is good for ten seconds, and has shown nothing. Its plan is kept, as that of a query
-- would not be under its own search_path.
create function entry.session(id_hash bytea, tenant_id uuid, console boolean) returns table (
	id uuid, user_id uuid, created_at timestamptz, last_seen_at timestamptz, proved_at timestamptz, pending boolean, strong boolean,
	by_provider boolean, support boolean, operator boolean, name text, email text, email_verified_at timestamptz, time_zone text,
	date_style text, number_style text, theme text, keys text, keymap text, avatar text, has_factor boolean, member_id uuid, role text
) language plpgsql stable security definer set search_path = public, pg_temp as $$ begin
	return query
	select s.id, s.user_id, s.created_at, s.last_seen_at, case when s.id_hash = $1 then s.proved_at else 'epoch' end,
	       s.pending, s.strong and s.id_hash = $1, s.provider is not null,
	       s.support, u.operator, u.name, u.email, u.email_verified_at, u.time_zone, u.date_style, u.number_style, u.theme, u.keys, u.keymap, u.avatar,
	       u.totp_secret <> '' or exists (select from passkeys p where p.user_id = u.id),
	       m.id, coalesce(m.role, '')
	from sessions s
	join users u on u.id = s.user_id
	left join memberships m on m.user_id = s.user_id and m.tenant_id = s.tenant_id and not s.support
	where (s.id_hash = $1 or s.previous_hash = $1 and s.renewed_at > now() - interval '10 seconds')
	  and s.tenant_id is not distinct from $2 and s.console = $3 and s.expires_at > now()
	  and (not s.support or u.operator);
end $$;

do $$ begin
	execute format('grant execute on function entry.session(bytea, uuid, boolean) to %I', current_database() || '_app');
end $$;
-- +goose StatementEnd
