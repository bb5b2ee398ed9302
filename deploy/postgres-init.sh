#!/bin/sh
# Runs once, as PostgreSQL's superuser, when the database is made: what
# docs/settings.md asks for.
set -eu
psql -v ON_ERROR_STOP=1 -U postgres -v password="$PADDOCK_DB_PASSWORD" -v requests="$PADDOCK_REQUESTS_PASSWORD" <<'SQL'
create role paddock login createrole password :'password';
create role paddock_requests login noinherit password :'requests';
create database paddock owner paddock template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C.UTF-8'; -- letters of all scripts are letters
alter role paddock_requests in database paddock set role = 'paddock_app'; -- which Paddock makes
alter role paddock_requests in database paddock set search_path = '';
\c paddock
do $$
declare
	f regprocedure;
	owner name := (select pg_get_userbyid(datdba) from pg_database where datname = current_database());
begin
	for f in
		select oid from pg_proc where pronamespace = 'pg_catalog'::regnamespace
			and (proname in ('set_config', 'pg_notify', 'lo_creat', 'lo_create', 'lo_from_bytea', 'lo_import') or proname ~ '^pg_(try_)?advisory_')
	loop
		execute format('revoke execute on function %s from public', f);
		execute format('grant execute on function %s to %I with grant option', f, owner);
	end loop;
	revoke usage on language plpgsql from public;
	execute format('grant usage on language plpgsql to %I', owner);
end $$;
SQL
