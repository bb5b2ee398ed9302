-- +goose Up

-- How a workspace writes dates, numbers and phone numbers; a person may differ.
-- Empty means: as the workspace, or for its zone as the browser says.
alter table tenants
	add column country     text not null default 'DE', -- ISO 3166: phone numbers without a prefix are read as its
	add column time_zone   text not null default '',
	add column date_style  text not null default 'dmy',
	add column number_style text not null default 'en';
alter table users
	add column time_zone   text not null default '',
	add column date_style  text not null default '',
	add column number_style text not null default '';

create or replace trigger tenants_notify_update after update on tenants for each row
	when (coalesce(old.slug, new.slug) is not null -- a spare has no host yet
		and (old.slug, old.state, old.name, old.currency, old.schema, old.country, old.time_zone, old.date_style, old.number_style)
		is distinct from (new.slug, new.state, new.name, new.currency, new.schema, new.country, new.time_zone, new.date_style, new.number_style))
	execute function tenants_notify();

-- The change log. A trigger on each table of records calls log_change, which is
-- thin, for PostgreSQL compiles it anew for every table; the work is done by
-- write_change. Both run as the owner, so that a tenant's role needs no right
-- on changes but to read it, and cannot call write_change by itself.

-- write_change notes one row's change in the tenant's changes: what it is about
-- (subject: the record on whose timeline it shows), and of an update the
-- columns that differ. Bookkeeping columns and generated ones are no change.
-- +goose StatementBegin
create function ext.write_change(schema name, op text, entity text, o jsonb, n jsonb) returns void language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
	r      jsonb := coalesce(n, o);
	id     uuid := coalesce(r->>'id', r->>'subject_id');
	hidden text[] := array['id', 'version', 'created_at', 'updated_at', 'active_at', 'search', 'due_order', 'email_domain'];
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
revoke execute on function ext.write_change from public;

create function ext.log_change() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
	perform ext.write_change(tg_table_schema, tg_op, tg_argv[0], case when tg_op <> 'INSERT' then to_jsonb(old) end, case when tg_op <> 'DELETE' then to_jsonb(new) end);
	return null;
end $$;
-- +goose StatementEnd
