-- name: AuditWrite :exec
select write_audit(@action::text, @subject::text, @ip::text, @device::text);

-- name: AuditList :many
-- The newest first, below a moment and line; '' and null narrow nothing.
select id, at, member_id, actor, action, subject, ip, device from audit
where at >= @since and (at, id) < (@before::timestamptz, @before_id::bigint)
  and (@action::text = '' or action = @action) and (sqlc.narg(member_id)::uuid is null or member_id = sqlc.narg(member_id))
order by at desc, id desc
limit @n;

-- name: AuditSince :one
-- Whether this was done after the moment.
select exists (select from audit where action = @action and at > @at)::bool;

-- name: AuditActions :many
-- The kinds of what happened here, each found by a step through the index.
with recursive kinds as (
	(select action from audit order by action limit 1)
	union all
	select (select a.action from audit a where a.action > k.action order by a.action limit 1) from kinds k where k.action is not null
)
select action::text from kinds where action is not null;
