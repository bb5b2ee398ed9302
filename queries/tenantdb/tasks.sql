-- name: TaskInsert :exec
-- Takes the parameters of TaskUpdate, in its order: one struct serves both.
insert into tasks (
	subject, type, status, priority, due_on, due_at, remind_at, repeat, assignee_id,
	subject_type, subject_id, description, completed_at, completed_by, next_id, repeat_anchor, custom, id, version
) values (
	@subject, @type, @status, @priority, sqlc.narg(due_on), sqlc.narg(due_at), sqlc.narg(remind_at), @repeat, sqlc.narg(assignee_id),
	@subject_type, sqlc.narg(subject_id), @description, sqlc.narg(completed_at), sqlc.narg(completed_by), sqlc.narg(next_id), sqlc.narg(repeat_anchor), @custom, @id, @version
);

-- name: TaskGet :one
-- The task with what it is linked to and its tags; deleted ones too, told by deleted_at.
select t0.id, t0.subject, t0.type, t0.status, t0.priority, t0.due_on, t0.due_at, t0.remind_at, t0.repeat,
	t0.assignee_id, t0.subject_type, t0.subject_id, t0.description, t0.completed_at, t0.completed_by, t0.next_id, t0.repeat_anchor, t0.custom, t0.version, t0.created_at,
	t0.updated_at, t0.deleted_at,
	coalesce(m.name, '')::text as assignee_name,
	array(select t.color || ' ' || t.name from taggings g join tags t on t.id = g.tag_id
	      where g.subject_type = 'task' and g.subject_id = t0.id order by t.name)::text[] as tags
from tasks t0 left join members m on m.id = t0.assignee_id
where t0.id = @id;

-- name: TaskUpdate :execrows
-- No row when the record is gone or no longer at this version.
update tasks set
	subject = @subject, type = @type, status = @status, priority = @priority, due_on = sqlc.narg(due_on),
	due_at = sqlc.narg(due_at), remind_at = sqlc.narg(remind_at), repeat = @repeat, assignee_id = sqlc.narg(assignee_id), subject_type = @subject_type,
	subject_id = sqlc.narg(subject_id), description = @description, completed_at = sqlc.narg(completed_at), completed_by = sqlc.narg(completed_by), next_id = sqlc.narg(next_id), repeat_anchor = sqlc.narg(repeat_anchor),
	custom = @custom, version = version + 1, updated_at = now()
where id = @id and version = @version and deleted_at is null;

-- name: TaskCopy :copyfrom
insert into tasks (
	id, subject, type, status, priority, due_on, due_at, remind_at, repeat,
	assignee_id, subject_type, subject_id, description, completed_at, completed_by, next_id, repeat_anchor, custom, created_at, updated_at
) values (
	@id, @subject, @type, @status, @priority, @due_on, @due_at, @remind_at, @repeat,
	@assignee_id, @subject_type, @subject_id, @description, @completed_at, @completed_by, @next_id, @repeat_anchor, @custom, @created_at, @updated_at
);

-- name: TaskDay :many
-- The member's open tasks, the most urgent first; a day ends in the zone. due_order finds
-- them, within the hours that zones differ by.
select t.id, t.subject, t.type, t.status, t.priority, t.due_on, t.due_at, t.remind_at, t.repeat, t.subject_type, t.subject_id, t.version
from (select * from tasks x where x.assignee_id = @member_id and x.deleted_at is null and x.status <> 'done' order by x.due_order, x.id limit @candidates) t
order by coalesce(t.due_at, (t.due_on + 1)::timestamp at time zone @zone::text), t.id limit @n;

-- name: TaskReminders :many
select t.id, t.subject, t.due_on, t.due_at, t.version from tasks t
where t.assignee_id = @member_id and t.deleted_at is null and t.status <> 'done' and t.remind_at <= now()
order by t.remind_at limit 5;

-- name: TaskReminderNext :one
-- When the member's next reminder is, the zero time for none.
select coalesce(min(t.remind_at), '0001-01-01')::timestamptz from tasks t
where t.assignee_id = @member_id and t.deleted_at is null and t.status <> 'done' and t.remind_at > now();

-- name: TaskReminderDone :execrows
update tasks set remind_at = null, version = version + 1 where id = @id and remind_at <= now();

-- name: TasksAbout :many
-- What is to be done about a record, and what was done last.
select t.id, t.subject, t.type, t.status, t.priority, t.due_on, t.due_at, t.completed_at, t.version, coalesce(m.name, '')::text as assignee_name
from tasks t left join members m on m.id = t.assignee_id
where t.subject_id = @subject_id and t.deleted_at is null
order by (t.status = 'done'), coalesce(t.due_at, (t.due_on + 1)::timestamp at time zone @zone::text), t.id limit @n;
