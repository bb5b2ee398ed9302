-- name: OneTimeTokenInsert :exec
insert into one_time_tokens (hash, purpose, user_id, tenant_id, email, data, strong, proved_at, began_at, expires_at)
values (@hash, @purpose, sqlc.narg(user_id), sqlc.narg(tenant_id), @email, @data, @strong, coalesce(sqlc.narg(proved_at), now()), coalesce(sqlc.narg(began_at), now()), @expires_at);

-- name: OneTimeTokenPeek :one
select o.user_id, o.email, u.name
from one_time_tokens o join users u on u.id = o.user_id
where o.hash = @hash and o.purpose = @purpose and o.tenant_id is not distinct from sqlc.narg(tenant_id)::uuid and o.expires_at > now();

-- name: OneTimeTokenData :one
-- What is kept with a token that is nobody's yet.
select data from one_time_tokens where hash = @hash and purpose = @purpose and tenant_id is null and expires_at > now();

-- name: OneTimeTokenConsume :one
delete from one_time_tokens
where hash = @hash and purpose = @purpose and tenant_id is not distinct from sqlc.narg(tenant_id)::uuid and expires_at > now()
returning user_id, email, data, strong, proved_at, began_at;

-- name: OneTimeTokenConsumeOfPerson :one
-- Consumes a token of this person's alone, by id or, where it has none, by address.
delete from one_time_tokens
where hash = @hash and purpose = @purpose and tenant_id = @tenant_id and expires_at > now() and (user_id = @user_id or user_id is null and email = @email)
returning data;

-- name: OneTimeTokenDeleteOfUser :exec
-- Whatever mail was sent before does not work any more.
delete from one_time_tokens where user_id = @user_id and purpose = @purpose;

-- name: OneTimeTokenDeleteExpired :execrows
delete from one_time_tokens where expires_at < now();
