-- +goose Up

-- Counts the changes of a workspace's own fields; 0 for one that never had any. A process
-- keeps a workspace's fields by it.
alter table tenants add column fields_version integer not null default 0;

-- A record's own fields are logged by their keys, as if each were a column.
-- +goose StatementBegin
create or replace function ext.write_change(schema name, op text, entity text, o jsonb, n jsonb) returns void language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
	r      jsonb := coalesce(n, o);
	id     uuid := coalesce(r->>'id', r->>'subject_id');
	hidden text[] := array['id', 'version', 'created_at', 'updated_at', 'active_at', 'search', 'due_order', 'amount_order', 'email_domain', 'html', 'html_mark', 'custom'];
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
		if o->'custom' is distinct from n->'custom' then -- what one of them has not is null
			o := o || (select jsonb_object_agg(k, o->'custom'->k) from jsonb_object_keys((o->'custom') || (n->'custom')) k);
			n := n || (select jsonb_object_agg(k, n->'custom'->k) from jsonb_object_keys((o->'custom') || (n->'custom')) k);
		end if;
		select jsonb_object_agg(k, o->k), jsonb_object_agg(k, n->k) into before, after
		from jsonb_object_keys(n) k where o->k is distinct from n->k and k <> all (hidden);
		if after is null then
			return;
		end if;
	when 'INSERT' then
		if entity = 'tagging' then after := n; end if;
	when 'DELETE' then
		if entity in ('tagging', 'tag') then
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

-- The version comes with the session: what a person sees next has the field that somebody
-- made just now.
drop function entry.session(bytea, uuid, boolean);
create function entry.session(id_hash bytea, tenant_id uuid, console boolean) returns table (
	id uuid, user_id uuid, created_at timestamptz, last_seen_at timestamptz, proved_at timestamptz, pending boolean, strong boolean,
	by_provider boolean, support boolean, operator boolean, name text, email text, email_verified_at timestamptz, time_zone text,
	date_style text, number_style text, theme text, keys text, keymap text, avatar text, has_factor boolean, member_id uuid, role text,
	fields_version integer
) language plpgsql stable security definer set search_path = public, pg_temp as $$ begin
	return query
	select s.id, s.user_id, s.created_at, s.last_seen_at, case when s.id_hash = $1 then s.proved_at else 'epoch' end,
	       s.pending, s.strong and s.id_hash = $1, s.provider is not null,
	       s.support, u.operator, u.name, u.email, u.email_verified_at, u.time_zone, u.date_style, u.number_style, u.theme, u.keys, u.keymap, u.avatar,
	       u.totp_secret <> '' or exists (select from passkeys p where p.user_id = u.id),
	       m.id, coalesce(m.role, ''), coalesce(t.fields_version, 0)
	from sessions s
	join users u on u.id = s.user_id
	left join memberships m on m.user_id = s.user_id and m.tenant_id = s.tenant_id and not s.support
	left join tenants t on t.id = s.tenant_id
	where (s.id_hash = $1 or s.previous_hash = $1 and s.renewed_at > now() - interval '10 seconds')
	  and s.tenant_id is not distinct from $2 and s.console = $3 and s.expires_at > now()
	  and (not s.support or u.operator);
end $$;

do $$ begin
	execute format('grant execute on function entry.session(bytea, uuid, boolean) to %I', current_database() || '_app');
end $$;
-- +goose StatementEnd
