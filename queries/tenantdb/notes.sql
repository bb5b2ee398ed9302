-- name: NoteInsert :exec
insert into notes (id, subject_type, subject_id, kind, body, pinned, mentions, author_id, html, html_mark, outcome, minutes, created_at, updated_at)
values (@id, @subject_type, @subject_id, @kind, @body, @pinned, @mentions, sqlc.narg(author_id), @html, @html_mark, @outcome, sqlc.narg(minutes),
	coalesce(sqlc.narg(at), now()), coalesce(sqlc.narg(at), now()));

-- name: NoteGet :one
select n.id, n.subject_type, n.subject_id, n.kind, n.body, n.pinned, n.mentions, n.author_id, n.version, n.created_at, n.updated_at, n.deleted_at, n.html, n.html_mark, n.outcome, n.minutes,
	coalesce(m.name, '')::text as author_name
from notes n left join members m on m.id = n.author_id where n.id = @id;

-- name: NoteUpdate :execrows
update notes set body = @body, html = @html, html_mark = @html_mark, pinned = @pinned, mentions = @mentions, version = version + 1, updated_at = now()
where id = @id and version = @version and deleted_at is null;

-- name: NotesPinned :many
select n.id, n.subject_type, n.subject_id, n.kind, n.body, n.pinned, n.author_id, n.version, n.created_at, n.updated_at, n.html, n.html_mark, n.outcome, n.minutes, coalesce(m.name, '')::text as author_name
from notes n left join members m on m.id = n.author_id
where n.subject_id = @subject_id and n.pinned and n.deleted_at is null order by n.created_at desc limit 10;

-- name: NotesMentioning :many
select n.id, n.subject_type, n.subject_id, n.body, n.created_at, coalesce(m.name, '')::text as author_name
from notes n left join members m on m.id = n.author_id
where n.mentions @> array[@member_id::uuid] and n.deleted_at is null order by n.created_at desc limit 5;

-- name: NotesMove :exec
-- Notes of one record go to another.
update notes set subject_type = @to_type, subject_id = @to_id, version = version + 1 where subject_id = @from_id and deleted_at is null;

-- name: TasksMove :exec
update tasks set subject_type = @to_type, subject_id = @to_id::uuid, version = version + 1 where subject_id = @from_id::uuid and deleted_at is null;

-- name: NoteDelete :execrows
update notes set deleted_at = now(), version = version + 1 where id = @id and version = @version and deleted_at is null;

-- name: NotesExist :one
select exists (select from notes where subject_id = @subject_id and deleted_at is null)::bool;

-- name: NoteCopy :copyfrom
insert into notes (id, subject_type, subject_id, kind, body, author_id, created_at, updated_at)
values (@id, @subject_type, @subject_id, @kind, @body, @author_id, @created_at, @updated_at);

-- name: CustomerSome :many
-- Customers to hang generated records on.
select id, name::text as name from customers where deleted_at is null order by id desc limit @n;
