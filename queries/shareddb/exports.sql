-- name: ExportInsert :exec
insert into exports (id, tenant_id, requested_by, expires_at) values (@id, @tenant_id, @requested_by, @expires_at);

-- name: ExportList :many
-- One that was never finished, by whatever end of its job, has failed.
select id, (case when state = 'waiting' and created_at < now() - interval '4 hours' then 'failed' else state end)::text as state, done, total, size, created_at, expires_at from exports where tenant_id = @tenant_id and expires_at > now() order by created_at desc limit 20;

-- name: ExportGet :one
select id, state, requested_by, size, created_at from exports where id = @id and tenant_id = @tenant_id and expires_at > now();

-- name: ExportRunning :one
select exists (select from exports where tenant_id = @tenant_id and state = 'waiting' and created_at > now() - interval '1 hour')::bool;

-- name: ExportProgress :exec
update exports set done = @done, total = @total where id = @id;

-- name: ExportFinish :exec
update exports set state = @state, size = @size where id = @id;

-- name: ExportChunkPut :exec
insert into export_chunks (export_id, n, data) values (@export_id, @n, @data);

-- name: ExportChunksDelete :exec
delete from export_chunks where export_id = @export_id;

-- name: ExportChunk :one
select data from export_chunks where export_id = @export_id and n = @n;

-- name: ExportDeleteExpired :execrows
-- One at a time: each may be gigabytes.
delete from exports where id = (select e.id from exports e where e.expires_at < now() limit 1);
