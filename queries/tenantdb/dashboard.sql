-- name: DashboardWon :many
-- What was won in each month of a time, by currency; months are numbered from
-- one by where they start.
select width_bucket(d.closed_at, @starts::timestamptz[])::int as month, d.currency, count(*)::bigint as n, coalesce(sum(d.amount), 0)::bigint as amount
from deals d join stages s on s.id = d.stage_id
where d.deleted_at is null and d.closed_at >= @since::timestamptz and d.closed_at < @until::timestamptz and s.outcome = 'won'
group by 1, 2 order by 2, 1;

-- name: DashboardPipeline :many
-- What stands in the open stages of all pipelines, by currency.
select d.stage_id, d.currency, count(*)::bigint as n, coalesce(sum(d.amount), 0)::bigint as amount
from deals d join stages s on s.id = d.stage_id
where d.deleted_at is null and s.outcome = 'open'
group by 1, 2;

-- name: DashboardLeads :many
-- Where the leads of a time came from.
select source::text as source, count(*)::bigint as n from leads
where deleted_at is null and created_at >= @since::timestamptz and created_at < @until::timestamptz
group by 1 order by 2 desc, 1 limit 30;

-- name: DashboardTasks :one
-- The member's open tasks, and those that are late: before today, or before now.
select count(*)::bigint as open, count(*) filter (where due_on < @today::date or due_at < now())::bigint as overdue
from tasks where assignee_id = @member_id and deleted_at is null and status <> 'done';
