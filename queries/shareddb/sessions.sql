-- name: SessionInsert :exec
insert into sessions (id_hash, user_id, tenant_id, ip, user_agent, expires_at)
values (@id_hash, @user_id, sqlc.narg(tenant_id), @ip, @user_agent, @expires_at);

-- name: SessionGet :one
-- A session is somebody only on the host it was made on. The membership comes
-- with it, so that a removed member is out at the next click.
select s.user_id, s.last_seen_at, u.name, u.email, u.time_zone, u.date_style, u.number_style, m.id as member_id, coalesce(m.role, '')::text as role
from sessions s
join users u on u.id = s.user_id
left join memberships m on m.user_id = s.user_id and m.tenant_id = s.tenant_id
where s.id_hash = @id_hash and s.tenant_id is not distinct from sqlc.narg(tenant_id)::uuid and s.expires_at > now();

-- name: SessionTouch :exec
update sessions set last_seen_at = now(), expires_at = @expires_at where id_hash = @id_hash;

-- name: SessionDelete :exec
delete from sessions where id_hash = @id_hash;

-- name: SessionDeleteExpired :execrows
delete from sessions where expires_at < now();
