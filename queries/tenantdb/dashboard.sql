-- name: DashboardClosed :many
-- What was won and lost in each month of a time, and in the time before it, by currency. Months
-- are numbered from one by where they start; the time before is 0.
select width_bucket(d.closed_at, @starts::timestamptz[])::int as month, d.currency, (s.outcome = 'won')::bool as won, count(*) as n, coalesce(sum(d.amount), 0)::bigint as amount
from deals d join stages s on s.id = d.stage_id
where d.deleted_at is null and d.closed_at >= @before::timestamptz and d.closed_at < @until::timestamptz and s.outcome <> 'open'
group by 1, 2, 3 order by 2, 1;

-- name: DashboardPipeline :many
-- What stands in the open stages of all pipelines, by currency, as it is kept.
select s.id as stage_id, c.currency, sum(c.n)::bigint as n, sum(c.amount)::bigint as amount
from record_counts c join stages s on s.id::text = c.value
where c.kind = 'deal' and s.outcome = 'open'
group by 1, 2 having sum(c.n) > 0;

-- name: DashboardLeads :many
-- Where the leads of a time came from.
select source::text as source, count(*)::bigint as n from leads
where deleted_at is null and created_at >= @since::timestamptz and created_at < @until::timestamptz
group by 1 order by 2 desc, 1 limit 30;

-- name: DashboardTasks :one
-- The member's open tasks, and those that are late: before today, or before now. 1,001 for more
-- than 1,000, the most urgent of all.
select count(*)::bigint as open, count(*) filter (where due_on < @today::date or due_at < now())::bigint as overdue
from (select due_on, due_at from tasks where assignee_id = @member_id and deleted_at is null and status <> 'done' order by due_order, id limit 1001) x;

-- name: FirstSteps :one
-- What a new workspace has done of its first steps, for the member.
select (exists (select from customers) or exists (select from contacts) or exists (select from leads))::bool as data,
	(select count(*) > 1 from members where active)::bool as team,
	(exists (select from pipelines where version > 1) or (select count(*) > 1 from pipelines))::bool as pipeline,
	exists (select from deals)::bool as deal,
	coalesce((select m.steps_hidden from members m where m.id = @member_id), true)::bool as hidden;

-- name: FirstStepsHide :exec
update members set steps_hidden = true where id = @member_id;

-- name: DashboardForecast :many
-- What open deals will bring by their chances, by currency, month and owner; what should have
-- closed already counts with the first month. Names are looked up, and sorted, of what is left.
with x as materialized (
	select d.currency, date_trunc('month', greatest(d.expected_close_date, @since::date)::timestamp)::date as month, d.owner_id,
		sum(d.amount * coalesce(d.probability, s.probability) / 100)::bigint as amount
	from deals d join stages s on s.id = d.stage_id
	where d.deleted_at is null and d.closed_at is null and d.amount is not null and d.expected_close_date < @until::date
	group by 1, 2, 3
)
select x.currency, x.month::date as month, x.owner_id, coalesce(m.name, '')::text as owner_name, x.amount::bigint as amount
from x left join members m on m.id = x.owner_id order by 1, 2, 4;

-- name: DashboardNextSteps :one
-- How many open deals nothing is to be done about, 101 for more than 100.
select count(*) from (
	select from deals d where d.deleted_at is null and d.closed_at is null
	and not exists (select from tasks t where t.subject_id = d.id and t.deleted_at is null and t.status <> 'done') limit 101
) x;
