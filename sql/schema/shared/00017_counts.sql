-- +goose Up

-- How many records of a kind are not in the trash is kept, so that a list need not count.
-- What a statement changes is added to a row of the kind's that nobody else is at, or makes
-- one more: writers never wait for each other, and the count is the sum. A statement that
-- changes it by nothing, as nearly all do, writes nothing.
-- +goose StatementBegin
create function ext.count_records() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare
	d bigint;
	n integer;
begin
	case tg_op
	when 'INSERT' then select count(*) into d from new_rows where deleted_at is null;
	when 'DELETE' then select -count(*) into d from old_rows where deleted_at is null;
	when 'UPDATE' then
		select (select count(*) from new_rows where deleted_at is null) - (select count(*) from old_rows where deleted_at is null) into d;
	end case;
	if d = 0 then
		return null;
	end if;
	execute format('update %1$I.record_counts set n = n + $2 where id = (select id from %1$I.record_counts where kind = $1
		limit 1 for update skip locked)', tg_table_schema) using tg_argv[0], d;
	get diagnostics n = row_count;
	if n = 0 then
		execute format('insert into %I.record_counts (kind, n) values ($1, $2)', tg_table_schema) using tg_argv[0], d;
	end if;
	return null;
end $$;
-- +goose StatementEnd
revoke execute on function ext.count_records() from public; -- triggers ask their maker
