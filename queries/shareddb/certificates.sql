-- name: CertificatePut :exec
insert into certificates (key, value, size) values (@key, @value, @size)
on conflict (key) do update set value = excluded.value, size = excluded.size, modified_at = now();

-- name: CertificateGet :one
select value from certificates where key = @key;

-- name: CertificateStat :one
select size, modified_at from certificates where key = @key;

-- name: CertificateExists :one
select exists (select from certificates where key = @key or key like @below::text)::bool;

-- name: CertificateKeys :many
select key from certificates where key like @below::text order by key;

-- name: CertificateDelete :exec
delete from certificates where key = @key or key like @below::text;

-- name: CertificateLock :execrows
-- Takes a lock that is free, or whose holder died.
insert into certificate_locks as l (name, holder, expires_at) values (@name, @holder, now() + make_interval(secs => @lease::float8))
on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at where l.expires_at < now();

-- name: CertificateUnlock :exec
delete from certificate_locks where name = @name and holder = @holder;

-- name: CertificateLockRenew :exec
update certificate_locks set expires_at = now() + make_interval(secs => @lease::float8) where name = @name and holder = @holder;
