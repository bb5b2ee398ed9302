-- +goose Up

-- How many records of a kind are not in the trash is kept, so that a list need not count; of
-- a kind with a board, by its columns, with what they amount to: by the deals' own chance of
-- so many percent (chance), and of those that have the stage's (open). What a statement
-- changes of it is added to a row that nobody else is at, or makes one more: writers never
-- wait for each other, and the count is the sum.
-- +goose StatementBegin
create function ext.add_count(schema name, kind text, value text, currency text, n bigint, amount numeric, chance numeric, open numeric)
returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
	done integer;
begin
	if n = 0 and amount = 0 and chance = 0 and open = 0 then
		return;
	end if;
	execute format('update %1$I.record_counts set n = n + $4, amount = amount + $5, chance = chance + $6, open = open + $7
		where id = (select id from %1$I.record_counts where kind = $1 and value = $2 and currency = $3 limit 1 for update skip locked)', schema)
	using kind, value, currency, n, amount, chance, open;
	get diagnostics done = row_count;
	if done = 0 then
		execute format('insert into %I.record_counts (kind, value, currency, n, amount, chance, open) values ($1, $2, $3, $4, $5, $6, $7)', schema)
		using kind, value, currency, n, amount, chance, open;
	end if;
end $$;

create function ext.count_records() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare
	n    bigint := 0;
	d    record;
	rows text := case tg_op when 'INSERT' then 'select 1 as sign, * from new_rows' when 'DELETE' then 'select -1 as sign, * from old_rows'
		else 'select 1 as sign, * from new_rows union all select -1, * from old_rows' end;
begin
	if tg_argv[0] not in ('deal', 'lead') then
		if tg_op <> 'DELETE' then
			n := (select count(*) from new_rows where deleted_at is null);
		end if;
		if tg_op <> 'INSERT' then
			n := n - (select count(*) from old_rows where deleted_at is null);
		end if;
		perform ext.add_count(tg_table_schema, tg_argv[0], '', '', n, 0, 0, 0);
		return null;
	end if;
	for d in execute case tg_argv[0]
		when 'deal' then 'select stage_id::text as value, currency, sum(sign) as n, coalesce(sum(sign * amount), 0) as amount,
			coalesce(sum(sign * amount * probability), 0) as chance, coalesce(sum(sign * amount) filter (where probability is null), 0) as open'
		else 'select status as value, '''' as currency, sum(sign) as n, coalesce(sum(sign * amount), 0) as amount, 0::bigint as chance, 0::bigint as open' end
		|| ' from (' || rows || ') x where deleted_at is null group by 1, 2' loop
		perform ext.add_count(tg_table_schema, tg_argv[0], d.value, d.currency, d.n, d.amount, d.chance, d.open);
	end loop;
	return null;
end $$;

-- count_table has a table's records counted from here on. It keeps writers out until the
-- migration is over, so what there is can be counted behind it.
create function ext.count_table(name text, kind text) returns void language plpgsql as $$
begin
	execute format('create trigger count_inserted after insert on %I referencing new table as new_rows
		for each statement execute function ext.count_records(%L)', name, kind);
	execute format('create trigger count_updated after update on %I referencing old table as old_rows new table as new_rows
		for each statement execute function ext.count_records(%L)', name, kind);
	execute format('create trigger count_deleted after delete on %I referencing old table as old_rows
		for each statement execute function ext.count_records(%L)', name, kind);
end $$;
-- +goose StatementEnd
revoke execute on function ext.add_count(name, text, text, text, bigint, numeric, numeric, numeric), ext.count_records(), ext.count_table(text, text) from public; -- triggers ask their maker
