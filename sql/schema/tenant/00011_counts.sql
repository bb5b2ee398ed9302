-- +goose Up
-- paddock: required

-- How many records of each kind are not in the trash: the sum of the kind's rows. See
-- ext.count_records.
create table record_counts (
	id       uuid primary key default gen_random_uuid(),
	kind     text not null,
	value    text not null default '', -- of the column that the kind's board has; '' without one
	currency text not null default '',
	n        bigint not null,
	amount   numeric not null default 0, -- minor units
	chance   numeric not null default 0, -- of those that have a chance of their own: the sum of amount × percent
	open     numeric not null default 0  -- of those that have none: the sum of amounts
) with (fillfactor = 50); -- they are updated where they stand
select ext.grant_table('record_counts', 'select');

select ext.count_table(t, k)
from (values ('customers', 'customer'), ('contacts', 'contact'), ('leads', 'lead'), ('deals', 'deal'), ('projects', 'project'), ('tasks', 'task')) x (t, k);
insert into record_counts (kind, n) select 'customer', count(*) from customers where deleted_at is null;
insert into record_counts (kind, n) select 'contact', count(*) from contacts where deleted_at is null;
insert into record_counts (kind, n) select 'project', count(*) from projects where deleted_at is null;
insert into record_counts (kind, n) select 'task', count(*) from tasks where deleted_at is null;
insert into record_counts (kind, value, n, amount)
select 'lead', status, count(*), coalesce(sum(amount), 0) from leads where deleted_at is null group by status;
insert into record_counts (kind, value, currency, n, amount, chance, open)
select 'deal', stage_id::text, currency, count(*), coalesce(sum(amount), 0), coalesce(sum(amount * probability), 0),
	coalesce(sum(amount) filter (where probability is null), 0)
from deals where deleted_at is null group by stage_id, currency;

drop index deals_sums; -- it was for what is kept now

-- What the dashboard sums up is read from the indexes alone.
drop index leads_by_created_at, tasks_day;
create index leads_by_created_at on leads (created_at, id) include (source) where deleted_at is null;
create index tasks_day on tasks (assignee_id, due_order, id) include (due_on, due_at) where deleted_at is null and status <> 'done';
create index deals_open on deals (expected_close_date, id) include (stage_id, currency, owner_id, amount, probability) where deleted_at is null and closed_at is null;
