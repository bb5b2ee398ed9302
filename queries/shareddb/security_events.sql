-- name: SecurityEventInsert :exec
insert into security_events (user_id, tenant_id, action, subject, ip, device)
values (sqlc.narg(user_id), sqlc.narg(tenant_id), @action, @subject, @ip, @device);

-- name: SecurityEventsOfUser :many
-- What happened to one account, the latest first, before an id.
select e.*, coalesce(t.name, '')::text as workspace
from security_events e left join tenants t on t.id = e.tenant_id
where e.user_id = @user_id and e.id < @before
order by e.id desc
limit @n;

-- name: SecurityEventList :many
-- What happened at all, the latest first, before an id: for operators.
select e.*, coalesce(t.slug, '')::text as slug, coalesce(u.email, '')::text as email
from security_events e left join tenants t on t.id = e.tenant_id left join users u on u.id = e.user_id
where e.id < @before and (@email::text = '' or e.user_id = (select w.id from users w where w.email = @email))
order by e.id desc
limit @n;

-- name: SignedInFrom :one
-- Whether the account was ever signed in to, and whether by this program at this
-- address.
select exists (select from security_events e where e.user_id = @user_id and e.action = @action) as ever,
       exists (select from security_events e where e.user_id = @user_id and e.action = @action and e.device = @device and e.ip = @ip) as here;

-- name: SecurityEventDeleteOld :execrows
delete from security_events where id in (select e.id from security_events e where e.at < now() - make_interval(secs => @seconds::float8) limit 10000);
