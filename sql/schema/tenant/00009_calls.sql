-- +goose Up
-- paddock: required

-- What came of a call or a meeting, and how long it took.
alter table notes add column outcome text not null default '' check (outcome in ('', 'reached', 'message', 'no_answer', 'busy', 'wrong_number')),
	add column minutes integer check (minutes between 0 and 1440);

-- What is done stands behind what is to be done, however lists of tasks are sorted by their due date.
create index tasks_open_due_at on tasks (due_at, id) where deleted_at is null and due_at is not null and completed_at is null;
create index tasks_open_due_on on tasks (due_on, id) where deleted_at is null and due_on is not null and completed_at is null;
create index tasks_not_due on tasks (id) where deleted_at is null and (due_order is null or completed_at is not null);
drop index tasks_by_due_at, tasks_by_due_on;
