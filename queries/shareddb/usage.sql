-- name: UsageAdd :exec
-- Adds to what workspaces used today; in one order everywhere, so that two
-- processes do not wait for each other.
with u as (
	select t.id, u.requests, u.refused, u.jobs
	from (select unnest(@tenant_ids::uuid[]) as id, unnest(@requests::bigint[]) as requests, unnest(@refused::bigint[]) as refused, unnest(@jobs::bigint[]) as jobs) u
	join tenants t on t.id = u.id
), active as (
	insert into tenant_stats (tenant_id, active_at) select u.id, now() from u where u.requests > 0 order by u.id
	on conflict (tenant_id) do update set active_at = excluded.active_at
)
insert into usage_days as d (tenant_id, day, requests, refused, jobs)
select u.id, (now() at time zone 'utc')::date, u.requests, u.refused, u.jobs from u order by u.id
on conflict (tenant_id, day) do update set requests = d.requests + excluded.requests, refused = d.refused + excluded.refused, jobs = d.jobs + excluded.jobs;

-- name: UsageMinuteAdd :many
-- Adds to what all processes have counted in a minute, and returns that.
insert into usage_minutes as m (tenant_id, minute, requests)
select u.id, @minute::timestamptz, u.requests from (select unnest(@tenant_ids::uuid[]) as id, unnest(@requests::integer[]) as requests) u order by u.id
on conflict (tenant_id, minute) do update set requests = m.requests + excluded.requests
returning tenant_id, requests;

-- name: UsageMinuteDeleteEnded :execrows
delete from usage_minutes where minute < now() - interval '2 minutes';

-- name: TenantsToMeasure :many
-- Workspaces in use whose measures are older than their last request, or than a day.
select sqlc.embed(t) from tenant_stats s join tenants t on t.id = s.tenant_id
where t.state in ('active', 'suspended') and t.schema_made and s.tenant_id > @after
  and (s.active_at > s.measured_at or s.measured_at < now() - interval '1 day')
order by s.tenant_id
limit @n;

-- name: TenantMeasured :exec
with m as (
	update tenant_stats s set records = @records, bytes = @bytes, measured_at = now() where s.tenant_id = @tenant_id returning s.members
)
insert into usage_days as d (tenant_id, day, members, records, bytes)
select @tenant_id, (now() at time zone 'utc')::date, m.members, @records, @bytes from m
on conflict (tenant_id, day) do update set members = greatest(d.members, excluded.members), records = excluded.records, bytes = excluded.bytes;

-- name: TenantSetFull :exec
update tenants set full_of = @full_of where id = @id and full_of <> @full_of;

-- name: TenantStats :one
select members, records, bytes, active_at, measured_at from tenant_stats where tenant_id = @tenant_id;

-- name: UsageList :many
-- What a workspace used, the latest day first.
select day, requests, refused, jobs, members, records, bytes from usage_days where tenant_id = @tenant_id and day >= @since order by day desc limit 400;

-- name: UsageExport :many
-- What all workspaces used in a time, for bills; a page at a time.
select t.slug::text as slug, u.tenant_id, u.day, u.requests, u.refused, u.jobs, u.members, u.records, u.bytes
from usage_days u join tenants t on t.id = u.tenant_id
where u.day >= @since and u.day < @until and t.slug is not null and (u.day, u.tenant_id) > (@after_day, @after_id::uuid) and (@slug::text = '' or t.slug = @slug)
order by u.day, u.tenant_id
limit @n;

-- name: SchemaSizes :many
-- Bytes of the tables of many schemas, with their indexes: it reads all of pg_class.
select n.nspname::text as schema, sum(pg_total_relation_size(c.oid))::bigint as bytes
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = any (@schemas::text[]) and c.relkind = 'r'
group by n.nspname;
