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

-- name: ExportChunksDelete :execrows
-- Some at a time: an archive may be gigabytes, and a statement has its time.
delete from export_chunks x where x.export_id = @export_id and x.n in (select c.n from export_chunks c where c.export_id = @export_id limit 100);

-- name: ExportChunksDeleteExpired :execrows
delete from export_chunks x where (x.export_id, x.n) in (select c.export_id, c.n from exports e join export_chunks c on c.export_id = e.id where e.expires_at < now() limit 100);

-- name: ExportExpireOlder :exec
-- Of a workspace's archives the last one is kept when another is made.
update exports x set expires_at = now() where x.tenant_id = @tenant_id and x.state = 'done' and x.expires_at > now()
	and x.id <> (select e.id from exports e where e.tenant_id = @tenant_id and e.state = 'done' order by e.created_at desc limit 1);

-- name: ExportChunk :one
select data from export_chunks where export_id = @export_id and n = @n;

-- name: ExportDeleteExpired :execrows
-- Those whose chunks are gone.
delete from exports where expires_at < now() and not exists (select from export_chunks c where c.export_id = exports.id);
