-- name: DashboardWon :many
-- What was won in each month of a time, by currency; months are numbered from
-- one by where they start.
select width_bucket(d.closed_at, @starts::timestamptz[])::int as month, d.currency, count(*)::bigint as n, coalesce(sum(d.amount), 0)::bigint as amount
from deals d join stages s on s.id = d.stage_id
where d.deleted_at is null and d.closed_at >= @since::timestamptz and d.closed_at < @until::timestamptz and s.outcome = 'won'
group by 1, 2 order by 2, 1;

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
-- The member's open tasks, and those that are late: before today, or before now.
select count(*)::bigint as open, count(*) filter (where due_on < @today::date or due_at < now())::bigint as overdue
from tasks where assignee_id = @member_id and deleted_at is null and status <> 'done';

-- name: FirstSteps :one
-- What a new workspace has done of its first steps, for the member.
select (exists (select from customers) or exists (select from contacts) or exists (select from leads))::bool as data,
	(select count(*) > 1 from members where active)::bool as team,
	(exists (select from pipelines where version > 1) or (select count(*) > 1 from pipelines))::bool as pipeline,
	exists (select from deals)::bool as deal,
	coalesce((select m.steps_hidden from members m where m.id = @member_id), true)::bool as hidden;

-- name: FirstStepsHide :exec
update members set steps_hidden = true where id = @member_id;

-- name: DashboardClosed :many
-- What was won and lost from since on, and in the time before it, by currency.
select d.currency,
	coalesce(sum(d.amount) filter (where s.outcome = 'won' and d.closed_at >= @since::timestamptz), 0)::bigint as won,
	coalesce(sum(d.amount) filter (where s.outcome = 'won' and d.closed_at < @since::timestamptz), 0)::bigint as won_before,
	count(*) filter (where s.outcome = 'won' and d.closed_at >= @since::timestamptz) as wins,
	count(*) filter (where s.outcome = 'lost' and d.closed_at >= @since::timestamptz) as losses,
	count(*) filter (where s.outcome = 'won' and d.closed_at < @since::timestamptz) as wins_before,
	count(*) filter (where s.outcome = 'lost' and d.closed_at < @since::timestamptz) as losses_before
from deals d join stages s on s.id = d.stage_id
where d.deleted_at is null and d.closed_at >= @before::timestamptz and d.closed_at < @until::timestamptz
group by d.currency order by d.currency;

-- name: DashboardForecast :many
-- What open deals will bring by their chances, by currency, month and owner; what should have
-- closed already counts with the first month.
select d.currency, date_trunc('month', greatest(d.expected_close_date, @since::date))::date as month, d.owner_id, coalesce(m.name, '')::text as owner_name,
	sum(d.amount * coalesce(d.probability, s.probability) / 100)::bigint as amount
from deals d join stages s on s.id = d.stage_id left join members m on m.id = d.owner_id
where d.deleted_at is null and d.closed_at is null and d.amount is not null and d.expected_close_date < @until::date
group by 1, 2, 3, 4 order by 1, 2, 4;

-- name: DashboardNextSteps :one
-- How many open deals nothing is to be done about, 1,000 for more.
select count(*) from (
	select from deals d where d.deleted_at is null and d.closed_at is null
	and not exists (select from tasks t where t.subject_id = d.id and t.deleted_at is null and t.status <> 'done') limit 1000
) x;
