-- name: ThrottleHit :one
-- Counts one attempt; a window that is over starts again with it.
insert into throttles as t (key, attempts, ends_at) values (@key, 1, now() + make_interval(secs => @window_seconds::float8))
on conflict (key) do update set
	attempts = case when t.ends_at < now() then 1 else t.attempts + 1 end,
	ends_at  = case when t.ends_at < now() then excluded.ends_at else t.ends_at end
returning attempts, ends_at;

-- name: ThrottleForgive :exec
-- Takes one attempt back, after it proved rightful.
update throttles set attempts = greatest(attempts - 1, 0) where key = @key;

-- name: ThrottleClear :exec
delete from throttles where key = @key;

-- name: ThrottleDeleteEnded :execrows
delete from throttles where ends_at < now();
