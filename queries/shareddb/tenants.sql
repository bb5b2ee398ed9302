-- name: TenantBySlug :one
select id, schema, state, slug, name, currency, country, time_zone, date_style, number_style, require_second_factor, schema_version from tenants where slug = @slug::text;

-- name: TenantByDomain :one
select t.id, t.schema, t.state, t.slug, t.name, t.currency, t.country, t.time_zone, t.date_style, t.number_style, t.require_second_factor, t.schema_version
from domains d join tenants t on t.id = d.tenant_id
where d.host = @host and d.verified_at is not null;

-- name: TenantSlugTaken :one
select exists (select from tenants where slug = @slug::text)::bool;

-- name: TenantLockSlug :exec
-- Others who want the same slug wait here, before they take a spare schema.
select pg_advisory_xact_lock(hashtextextended('slug:' || @slug::text, 0));

-- name: TenantClaim :one
-- Makes a ready, current spare schema the workspace; no row when there is none.
update tenants set state = 'active', slug = @slug::text, name = @name, claimed_at = now()
where id = (
	select t.id from tenants t
	where t.state = 'spare' and t.schema_version = @schema_version
	order by t.created_at limit 1
	for update skip locked
)
returning id, schema, state, slug, name, currency, country, time_zone, date_style, number_style, require_second_factor, schema_version;

-- name: TenantsOfUser :many
select t.slug::text as slug, t.name, m.role
from memberships m join tenants t on t.id = m.tenant_id
where m.user_id = @user_id and t.state in ('active', 'suspended')
order by lower(t.name), t.slug;

-- name: TenantSettings :exec
update tenants set name = @name, currency = @currency, country = @country, time_zone = @time_zone, date_style = @date_style, number_style = @number_style
where id = @id;

-- name: TenantsAfter :many
-- Active workspaces in the order of their ids, a page at a time.
select id, schema from tenants where state = 'active' and id > @after order by id limit @n;

-- name: TenantByID :one
-- The scope of a workspace that is in use, for a job.
select id, schema, state, slug, name from tenants where id = @id and state in ('active', 'suspended');

-- name: TenantLock :exec
-- Those who change who is in a workspace take turns.
select from tenants where id = @id for update;

-- name: TenantRequireFactor :exec
update tenants set require_second_factor = @required where id = @id;
