-- +goose Up

-- The second wall: one injected statement must not get out of its workspace's
-- role. A function is everybody's unless that is taken away, so it is, for all that
-- come; what a tenant's role may execute is granted to it by name. What only a
-- superuser can take away is in sql/schema/superuser.sql.
alter default privileges revoke execute on functions from public;
revoke execute on function ext.schema_role(), ext.grant_function(text), ext.grant_table(text, text), ext.log_change(), ext.write_change(name, text, text, jsonb, jsonb), ext.uuid_v7() from public;

-- No text of a caller's is pasted into a statement: privileges are chosen from a list.
-- +goose StatementBegin
create or replace function ext.grant_table(name text, privileges text) returns void language plpgsql as $$
declare
	wanted text;
	list   text := '';
begin
	foreach wanted in array string_to_array(privileges, ',') loop
		list := list || case when list = '' then '' else ', ' end || case lower(btrim(wanted))
			when 'select' then 'select' when 'insert' then 'insert' when 'update' then 'update' when 'delete' then 'delete' end;
	end loop;
	if list is null then
		raise exception 'ext.grant_table: % has a privilege that it does not grant', quote_literal(privileges);
	end if;
	execute format('grant ' || list || ' on table %I.%I to %I', current_schema(), name, ext.schema_role());
end $$;

-- The signature must be a function's of this schema, and the only one of its name.
create or replace function ext.grant_function(signature text) returns void language plpgsql as $$
declare
	f name := (select p.proname from pg_catalog.pg_proc p
		where p.oid = to_regprocedure(quote_ident(current_schema()) || '.' || signature) and p.pronamespace = current_schema()::regnamespace);
begin
	if f is null then
		raise exception 'ext.grant_function: there is no function % here', quote_literal(signature);
	end if;
	execute format('revoke execute on function %I.%I from public', current_schema(), f);
	execute format('grant execute on function %I.%I to %I', current_schema(), f, ext.schema_role());
end $$;

-- In the shared schema all are the shared role's: triggers and the queue call them.
do $$
declare f name;
begin
	for f in select p.proname from pg_catalog.pg_proc p where p.pronamespace = 'public'::regnamespace and p.proowner = current_user::regrole loop
		execute format('revoke execute on function public.%I from public', f);
		execute format('grant execute on function public.%I to %I', f, ext.schema_role());
	end loop;
	execute format('grant execute on function ext.uuid_v7() to %I', ext.schema_role());
end $$;
-- +goose StatementEnd
