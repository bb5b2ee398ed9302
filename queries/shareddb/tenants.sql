-- name: TenantBySlug :one
select sqlc.embed(tenants) from tenants where slug = @slug::text;

-- name: TenantByDomain :one
select sqlc.embed(t) from domains d join tenants t on t.id = d.tenant_id
where d.host = @host and d.verified_at is not null;

-- name: TenantSlugTaken :one
-- By a workspace, a deleted one too, or by what another was called until lately.
select (exists (select from tenants where slug = @slug::text) or exists (select from former_slugs f where f.slug = @slug::text and f.until > now()))::bool;

-- name: TenantByFormerSlug :one
-- What a workspace that was renamed is called now.
select t.slug::text as slug from former_slugs f join tenants t on t.id = f.tenant_id
where f.slug = @slug and f.until > now() and t.state in ('active', 'suspended');

-- name: SlugOfFormer :one
-- What the workspace of a former name is called now, whatever its state.
select t.slug::text as slug from former_slugs f join tenants t on t.id = f.tenant_id where f.slug = @slug and f.until > now();

-- name: TenantFind :one
-- A workspace by its name, whatever its state, locked until the end of the transaction.
select sqlc.embed(tenants) from tenants where slug = @slug::text for update;

-- name: TenantRename :exec
update tenants set slug = @slug::text where id = @id;

-- name: FormerSlugPut :exec
insert into former_slugs (slug, tenant_id, until) values (@slug, @tenant_id, @until)
on conflict (slug) do update set tenant_id = excluded.tenant_id, until = excluded.until;

-- name: FormerSlugDelete :exec
-- A workspace takes back a name that it had.
delete from former_slugs where slug = @slug and tenant_id = @tenant_id;

-- name: FormerSlugDeleteExpired :execrows
delete from former_slugs where until < now();

-- name: FormerSlugIs :one
select exists (select from former_slugs where slug = @slug and tenant_id = @tenant_id and until > now())::bool;

-- name: TenantSetState :exec
-- A workspace that is deleted while suspended remembers so.
update tenants set state = @state,
	suspended_at = case @state when 'suspended' then now() when 'deleted' then suspended_at end,
	deleted_at = case when @state = 'deleted' then now() end
where id = @id;

-- name: TenantUndelete :exec
update tenants set state = case when suspended_at is null then 'active' else 'suspended' end, deleted_at = null
where id = @id;

-- name: TenantList :many
-- Workspaces by name, with what an operator asks first.
select t.id, t.schema, t.slug::text as slug, t.name, t.state, t.schema_version, t.migration_error, t.schema_made, t.created_at, t.claimed_at, t.suspended_at, t.deleted_at,
       (select count(*) from memberships m where m.tenant_id = t.id) as members,
       coalesce((select u.email from memberships m join users u on u.id = m.user_id where m.tenant_id = t.id and m.role = 'owner' order by m.created_at limit 1), '')::text as owner,
       coalesce((select max(s.last_seen_at) from sessions s where s.tenant_id = t.id), 'epoch')::timestamptz as last_seen_at
from tenants t
where t.slug is not null and (@slug::text = '' or t.slug = @slug) and t.slug > @after::text
order by t.slug
limit @n;

-- name: TenantLockSlug :exec
-- Others who want the same slug wait here, before they take a spare schema.
select pg_advisory_xact_lock(hashtextextended('slug:' || @slug::text, 0));

-- name: TenantClaim :one
-- Makes a ready, current spare schema the workspace; no row when there is none.
update tenants set state = 'active', slug = @slug::text, name = @name, claimed_at = now(),
	currency = coalesce(nullif(@currency::text, ''), currency), country = coalesce(nullif(@country::text, ''), country),
	time_zone = @time_zone::text, date_style = coalesce(nullif(@date_style::text, ''), date_style),
	number_style = coalesce(nullif(@number_style::text, ''), number_style)
where id = (
	select t.id from tenants t
	where t.state = 'spare' and t.schema_version >= @schema_version -- made by a newer program, during its rolling start
	order by t.created_at limit 1
	for update skip locked
)
returning sqlc.embed(tenants);

-- name: TenantClaimSchema :one
-- Makes the schema that an archive was loaded into the workspace, with the settings that it had.
update tenants set state = 'active', slug = @slug::text, name = @name, claimed_at = now(),
	currency = @currency, country = @country, time_zone = @time_zone, date_style = @date_style, number_style = @number_style,
	require_second_factor = @require_second_factor
where schema = @schema and state = 'importing'
returning sqlc.embed(tenants);

-- name: TenantReplace :exec
-- The workspace steps aside under another name, deleted: it can be brought back.
update tenants set slug = @aside::text, state = 'deleted', deleted_at = coalesce(deleted_at, now()) where id = @id;

-- name: TenantTakeOver :exec
-- What was set for the workspace before holds for the one in its place; a rule
-- about second factors is not lost by an older archive.
update tenants n set state = case when o.suspended_at is null then n.state else 'suspended' end, suspended_at = o.suspended_at,
	require_second_factor = n.require_second_factor or o.require_second_factor,
	limit_statement_ms = o.limit_statement_ms, limit_concurrent = o.limit_concurrent, limit_requests = o.limit_requests,
	limit_records = o.limit_records, limit_bytes = o.limit_bytes, limit_jobs = o.limit_jobs
from tenants o where n.id = @new_tenant and o.id = @old_tenant;

-- name: DomainsMove :exec
update domains set tenant_id = @new_tenant where tenant_id = @old_tenant;

-- name: InvitationsMove :exec
-- Except those to people who are members of the new one.
update invitations i set tenant_id = @new_tenant,
	invited_by = (select m.id from memberships m where m.tenant_id = @new_tenant and m.id = i.invited_by)
where i.tenant_id = @old_tenant
  and not exists (select from memberships m join users u on u.id = m.user_id where m.tenant_id = @new_tenant and u.email = i.email);

-- name: ProviderMove :exec
update tenant_providers set tenant_id = @new_tenant where tenant_id = @old_tenant;

-- name: EmailDomainsMove :exec
update tenant_email_domains set tenant_id = @new_tenant where tenant_id = @old_tenant;

-- name: IdentitiesMove :exec
update identities set tenant_id = @new_tenant::uuid where tenant_id = @old_tenant::uuid;

-- name: FormerSlugsMove :exec
update former_slugs set tenant_id = @new_tenant where tenant_id = @old_tenant;

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
select id, schema, time_zone from tenants where state = 'active' and id > @after order by id limit @n;

-- name: TenantByID :one
-- The scope of a workspace that is in use, for a job.
select id, schema, state, slug, name, time_zone from tenants where id = @id and state in ('active', 'suspended');

-- name: TenantSlugs :many
-- What these workspaces are called, whatever their state.
select id, coalesce(slug, '')::text as slug from tenants where id = any(@ids::uuid[]);

-- name: TenantLock :exec
-- Those who change who is in a workspace take turns.
select from tenants where id = @id for update;

-- name: TenantRequireFactor :exec
update tenants set require_second_factor = @required where id = @id;

-- name: TenantGet :one
-- A workspace as the operator sees it, whatever its state, locked until the end of the transaction.
select sqlc.embed(tenants) from tenants where id = @id and slug is not null for update;

-- name: TenantShow :one
select sqlc.embed(t), sqlc.embed(s) from tenants t join tenant_stats s on s.tenant_id = t.id where t.id = @id and t.slug is not null;

-- name: TenantSupportBegin :exec
update tenants set support_until = @until::timestamptz, support_by = @by, support_reason = @reason where id = @id;

-- name: TenantSupportEnd :exec
update tenants set support_until = null, support_by = '', support_reason = '' where id = @id;

-- name: TenantSupportEndBy :exec
update tenants set support_until = null, support_by = '', support_reason = '' where support_by = @by::text and support_until is not null;

-- name: TenantSupportConsent :exec
update tenants set support_consent_until = sqlc.narg(until) where id = @id;

-- name: TenantSetLimits :exec
update tenants set limit_statement_ms = sqlc.narg(statement_ms), limit_concurrent = sqlc.narg(concurrent), limit_requests = sqlc.narg(requests),
	limit_records = sqlc.narg(records), limit_bytes = sqlc.narg(bytes), limit_jobs = sqlc.narg(jobs)
where id = @id;

-- name: TenantCounts :many
-- How many workspaces there are in each state.
select state, count(*) as n from tenants where slug is not null group by state;

-- name: TenantSetUnproven :exec
-- Made by somebody who has not proven an address.
update tenants set unproven = true where id = @id;

-- name: TenantsToSweep :many
-- Workspaces that somebody unproven has made @seconds ago or longer, that nobody has
-- used for a week, and in which nobody has proven an address; with their owners, and
-- whether they were told.
select t.id, t.slug, t.name, u.id as user_id, u.email, t.sweep_warned_at
from tenants t
join memberships m on m.tenant_id = t.id and m.role = 'owner'
join users u on u.id = m.user_id
left join tenant_stats s on s.tenant_id = t.id
where t.unproven and t.state = 'active' and t.claimed_at < now() - make_interval(secs => @seconds::float8)
  and coalesce(s.active_at, 'epoch') < now() - interval '7 days'
  and not exists (select from memberships o join users p on p.id = o.user_id where o.tenant_id = t.id and p.email_verified_at is not null)
order by t.claimed_at
limit 100;

-- name: TenantSweepWarned :exec
update tenants set sweep_warned_at = now() where id = @id;

-- name: TenantProven :execrows
-- Workspaces whose people have proven an address are not swept.
update tenants t set unproven = false where t.unproven
  and exists (select from memberships m join users u on u.id = m.user_id where m.tenant_id = t.id and u.email_verified_at is not null);

-- name: TenantFieldsChanged :exec
-- Has every process read the workspace's own fields anew.
update tenants set fields_version = fields_version + 1 where id = @id;
