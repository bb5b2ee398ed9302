-- +goose Up
-- paddock: required

-- How many records of each kind are not in the trash: the sum of the kind's rows. See
-- ext.count_records.
create table record_counts (
	id   uuid primary key default gen_random_uuid(),
	kind text not null,
	n    bigint not null
) with (fillfactor = 50); -- they are updated where they stand
select ext.grant_table('record_counts', 'select');

-- The triggers first: they keep writers out until what there is has been counted.
-- +goose StatementBegin
do $$
declare t text[];
begin
	foreach t slice 1 in array array[['customers', 'customer'], ['contacts', 'contact'], ['leads', 'lead'], ['deals', 'deal'],
		['projects', 'project'], ['tasks', 'task']] loop
		execute format('create trigger count_inserted after insert on %I referencing new table as new_rows
			for each statement execute function ext.count_records(%L)', t[1], t[2]);
		execute format('create trigger count_updated after update on %I referencing old table as old_rows new table as new_rows
			for each statement execute function ext.count_records(%L)', t[1], t[2]);
		execute format('create trigger count_deleted after delete on %I referencing old table as old_rows
			for each statement execute function ext.count_records(%L)', t[1], t[2]);
		execute format('insert into record_counts (kind, n) select %L, count(*) from %I where deleted_at is null', t[2], t[1]);
	end loop;
end $$;
-- +goose StatementEnd
