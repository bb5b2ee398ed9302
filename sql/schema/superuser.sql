-- What only a superuser can do: once in Paddock's database, and again after a
-- restore. It takes from tenants' roles what one injected SELECT could leave the
-- role with, or disturb other workspaces by: changing a setting, such as the role;
-- notifications, locks that are everybody's, large objects; blocks of code. The
-- database's owner keeps them, and may pass them on.
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
