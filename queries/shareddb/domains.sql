-- name: DomainList :many
select host, token, verified_at, checked_at, failing_since, problem from domains where tenant_id = @tenant_id order by host;

-- name: DomainInsert :exec
insert into domains (tenant_id, host, token) values (@tenant_id, @host, @token) on conflict do nothing;

-- name: DomainGet :one
select host, token, verified_at, checked_at, failing_since, problem from domains where tenant_id = @tenant_id and host = @host;

-- name: DomainVerify :exec
update domains set verified_at = coalesce(verified_at, now()), checked_at = now(), failing_since = null, problem = '' where tenant_id = @tenant_id and host = @host;

-- name: DomainStands :exec
-- A bound domain was looked at; one that was unbound meanwhile stays so.
update domains set checked_at = now(), failing_since = null, problem = '' where tenant_id = @tenant_id and host = @host and verified_at is not null;

-- name: DomainFail :one
-- Notes what is wrong with a domain, and returns since when.
update domains set checked_at = now(), failing_since = case when verified_at is not null then coalesce(failing_since, now()) end, problem = @problem
where tenant_id = @tenant_id and host = @host
returning failing_since;

-- name: DomainUnbind :execrows
update domains set verified_at = null, failing_since = null where tenant_id = @tenant_id and host = @host and verified_at is not null;

-- name: DomainDelete :one
delete from domains where tenant_id = @tenant_id and host = @host returning host;

-- name: DomainTaken :one
-- Whether another workspace is bound to the host; a deleted one gives it up to who proves it.
select exists (select from domains d join tenants t on t.id = d.tenant_id
	where d.host = @host and d.verified_at is not null and d.tenant_id <> @tenant_id and t.state <> 'deleted')::bool;

-- name: DomainUnbindDeleted :exec
update domains d set verified_at = null, failing_since = null from tenants t
where d.host = @host and d.verified_at is not null and t.id = d.tenant_id and t.state = 'deleted';

-- name: DomainsToCheck :many
-- Bound domains that were not looked at for a while.
select d.host, d.token, d.failing_since, sqlc.embed(t) from domains d join tenants t on t.id = d.tenant_id
where d.verified_at is not null and t.state in ('active', 'suspended') and (d.checked_at is null or d.checked_at < now() - make_interval(secs => @pause::float8))
order by d.checked_at nulls first, d.host
limit @n;

-- name: DomainListAll :many
-- Domains of all workspaces by host, for operators.
select d.host, d.tenant_id, d.verified_at, d.checked_at, d.failing_since, d.problem, d.created_at, t.slug::text as slug, t.name
from domains d join tenants t on t.id = d.tenant_id
where t.slug is not null and (d.host, d.tenant_id) > (@after_host, @after_id::uuid) and (@pattern::text = '' or d.host like @pattern)
order by d.host, d.tenant_id
limit @n;

-- name: DomainLooked :exec
-- It could not be seen how it is.
update domains set checked_at = now() where tenant_id = @tenant_id and host = @host;

-- name: DomainCount :one
select count(*) from domains where tenant_id = @tenant_id;
