-- name: NotificationsPut :many
-- Tells members of something, and with followed who follows the subject too; who is told of
-- one change twice is told of one more. Nobody is told of what they did. Returns who is now
-- to be mailed: a job that is lost is missed for two days at most. Their rows stay locked until
-- this commits, so that the job which mails them sees it, or is followed by another.
with told as (
	insert into notifications (id, member_id, kind, subject_type, subject_id, actor_id, detail, n, change_set, mailed_at)
	select gen_random_uuid(), m.id, @kind, @subject_type, sqlc.narg(subject_id), sqlc.narg(actor_id), @detail, 1, sqlc.narg(change_set), case when @mailed::bool then now() end
	from members m
	where m.active and m.id is distinct from sqlc.narg(actor_id) and m.id <> all (@but::uuid[])
	and (m.id = any (@members::uuid[])
		or @followed::bool and exists (select from followers f where f.subject_id = sqlc.narg(subject_id) and f.member_id = m.id))
	on conflict (member_id, change_set, kind) do update set n = notifications.n + @more::integer
	returning member_id
), waiting as (
	select m.id, m.mail_due is null or m.mail_due < now() - interval '2 days' as fresh
	from members m where m.id in (select member_id from told) and m.mail <> 'never' and not @mailed::bool order by m.id for update
), due as (
	update members m set mail_due = now() from waiting w where w.id = m.id and w.fresh
)
select w.id from waiting w where w.fresh;

-- name: NotificationList :many
-- A member's, the last first, from behind (at, id) on.
select n.id, n.kind, n.subject_type, n.subject_id, n.detail, n.n, n.at, n.read_at, coalesce(a.name, '')::text as actor_name
from notifications n left join members a on a.id = n.actor_id
where n.member_id = @member_id and (n.at, n.id) < (@at::timestamptz, @id::uuid)
order by n.at desc, n.id desc limit @n;

-- name: NotificationGet :one
select n.id, n.kind, n.subject_type, n.subject_id from notifications n where n.id = @id and n.member_id = @member_id;

-- name: NotificationsUnread :one
-- How many a member has not read, 100 for more.
select count(*) from (select from notifications n where n.member_id = @member_id and n.read_at is null limit 100) x;

-- name: NotificationRead :exec
update notifications set read_at = now() where id = @id and member_id = @member_id and read_at is null;

-- name: NotificationsRead :exec
-- All up to the moment: what came since was not seen.
update notifications set read_at = now() where member_id = @member_id and read_at is null and at <= @until::timestamptz;

-- name: NotificationsReadAbout :execrows
-- Whoever opens a record has seen what was said of it.
update notifications set read_at = now() where member_id = @member_id and read_at is null and subject_id = @subject_id::uuid;

-- name: NotificationsUnmailed :many
-- What a member has neither read nor been mailed, locked until that is done.
select n.id, n.kind, n.subject_type, n.subject_id, n.detail, n.n, n.at, coalesce(a.name, '')::text as actor_name
from notifications n left join members a on a.id = n.actor_id
where n.member_id = @member_id and n.read_at is null and n.mailed_at is null
order by n.at, n.id limit @n for update of n skip locked;

-- name: NotificationsMailed :exec
update notifications set mailed_at = now() where id = any (@ids::uuid[]);

-- name: NotificationsTakeBack :exec
-- What was undone and nobody has read yet.
delete from notifications where change_set = @change_set::uuid and read_at is null;

-- name: NotificationsPurge :execrows
delete from notifications where id in (select n.id from notifications n where n.at < @before order by n.at limit @n);

-- name: MemberMail :one
select m.id, m.name, m.email, m.mail, m.user_id from members m where m.id = @id and m.active;

-- name: MemberMailed :exec
-- What comes from now on is another mail's.
update members set mail_due = null where id = @id;

-- name: MemberMailSet :exec
update members set mail = @mail where id = @id;

-- name: FollowerPut :exec
insert into followers (subject_type, subject_id, member_id) values (@subject_type, @subject_id, @member_id) on conflict do nothing;

-- name: FollowerDelete :exec
delete from followers where subject_id = @subject_id and member_id = @member_id;

-- name: Follows :one
select exists (select from followers where subject_id = @subject_id and member_id = @member_id)::bool;

-- name: TasksDue :many
-- Tasks that came due since, by a moment or by a day, with whose they are.
select t.id, t.subject, t.assignee_id, t.due_on, t.due_at from tasks t
where t.deleted_at is null and t.status <> 'done' and t.assignee_id is not null
and (t.due_at > @since::timestamptz and t.due_at <= @until::timestamptz or t.due_on > @day_since::date and t.due_on <= @day_until::date)
order by t.id limit 1000;

-- name: TasksDueSoon :many
-- When tasks come due.
select distinct t.due_at from tasks t
where t.deleted_at is null and t.status <> 'done' and t.due_at > @since::timestamptz and t.due_at <= @until::timestamptz
order by t.due_at limit 200;
