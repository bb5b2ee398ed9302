-- +goose Up

-- A notification that comes or is read is told to whoever listens, by the member alone: it
-- makes them look. It runs as the owner: a workspace's role tells nobody anything by itself.
-- +goose StatementBegin
create function ext.tell_member() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
	perform pg_notify('paddock_notifications', new.member_id::text);
	return null;
end $$;
-- +goose StatementEnd
revoke execute on function ext.tell_member() from public; -- triggers ask their maker
