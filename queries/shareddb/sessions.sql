-- name: SessionInsert :exec
insert into sessions (id_hash, user_id, tenant_id, ip, user_agent, expires_at, pending, strong, provider, console, support, proved_at, created_at)
values (@id_hash, @user_id, sqlc.narg(tenant_id), @ip, @user_agent, @expires_at, @pending, @strong, sqlc.narg(provider), @console, @support, coalesce(sqlc.narg(proved_at), now()), coalesce(sqlc.narg(began_at), now()));

-- name: SessionTouch :exec
-- However much it is used, a session ends @most seconds after it began.
update sessions set last_seen_at = now(), expires_at = least(now() + make_interval(secs => @idle::float8), created_at + make_interval(secs => @most::float8)) where id_hash = @id_hash;

-- name: SessionProve :exec
-- A password or factor was shown just now: the cookie's id is another from here on.
update sessions set proved_at = now(), strong = strong or @strong::bool, previous_hash = id_hash, renewed_at = now(), id_hash = @id_hash where id = @id;

-- name: SessionList :many
-- Where the user is signed in, the latest first.
select s.id, s.ip, s.user_agent, s.created_at, s.last_seen_at, s.strong, s.console, coalesce(t.name, '')::text as workspace
from sessions s left join tenants t on t.id = s.tenant_id
where s.user_id = @user_id and s.expires_at > now() and not s.pending
order by s.last_seen_at desc, s.id
limit 100;

-- name: SessionDelete :many
delete from sessions where id_hash = @id_hash returning user_id, pending, support;

-- name: SessionDeleteByID :execrows
-- Also who is on the way to another host is stopped: it may be that session.
with t as (delete from one_time_tokens o where o.user_id = @user_id and o.purpose = 'handoff')
delete from sessions s where s.id = @id and s.user_id = @user_id;

-- name: SessionDeleteOthers :execrows
-- Ends all of the user's sessions but one, and who is on the way to another
-- host with one of them; uuid zero spares none.
with t as (delete from one_time_tokens o where o.user_id = @user_id and o.purpose = 'handoff')
delete from sessions s where s.user_id = @user_id and s.id <> @id;

-- name: SessionWeaken :exec
-- Whose last second factor is gone has shown none any more.
update sessions s set strong = false from users u where u.id = @user_id and s.user_id = u.id and s.strong
  and u.totp_secret = '' and not exists (select from passkeys p where p.user_id = u.id);

-- name: SessionDeleteInTenant :exec
delete from sessions where user_id = @user_id and tenant_id = @tenant_id;

-- name: SessionDeleteByProvider :exec
-- When a workspace gives its provider up or takes another, who came by it leaves.
delete from sessions where provider = @tenant_id::uuid;

-- name: SessionDeleteExpired :execrows
delete from sessions where expires_at < now();

-- name: SessionDeleteSupport :execrows
-- Ends operators' looking into a workspace, also of who is on the way there.
with t as (delete from one_time_tokens o where o.tenant_id = @tenant_id and o.purpose = 'handoff' and o.data = 'support')
delete from sessions s where s.tenant_id = @tenant_id and s.support;

-- name: SessionDeleteOperator :exec
-- Ends what somebody opened as an operator.
delete from sessions s using users u where u.id = s.user_id and u.email = @email and (s.console or s.support);
