-- name: MembershipInsert :exec
insert into memberships (id, tenant_id, user_id, role) values (@id, @tenant_id, @user_id, @role);

-- name: TenantOfMember :one
-- The workspace with this slug, provided that the user is a member of it.
select t.id
from tenants t join memberships m on m.tenant_id = t.id
where t.slug = @slug::text and m.user_id = @user_id and t.state in ('active', 'suspended');
