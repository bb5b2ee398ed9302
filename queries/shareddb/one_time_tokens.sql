-- name: OneTimeTokenInsert :exec
insert into one_time_tokens (hash, purpose, user_id, tenant_id, expires_at)
values (@hash, @purpose, @user_id, sqlc.narg(tenant_id), @expires_at);

-- name: OneTimeTokenPeek :one
select o.user_id, u.name, u.email
from one_time_tokens o join users u on u.id = o.user_id
where o.hash = @hash and o.purpose = @purpose and o.tenant_id is not distinct from sqlc.narg(tenant_id)::uuid and o.expires_at > now();

-- name: OneTimeTokenConsume :one
delete from one_time_tokens
where hash = @hash and purpose = @purpose and tenant_id is not distinct from sqlc.narg(tenant_id)::uuid and expires_at > now()
returning user_id;

-- name: OneTimeTokenDeleteExpired :execrows
delete from one_time_tokens where expires_at < now();
