-- name: MembershipInsert :exec
insert into memberships (id, tenant_id, user_id, role) values (@id, @tenant_id, @user_id, @role);

-- name: MembershipList :many
-- Everybody in the workspace, owners first.
select m.id, m.user_id, m.role, m.created_at, u.name, u.email, u.avatar, u.email_verified_at,
       (u.totp_secret <> '' or exists (select from passkeys p where p.user_id = u.id))::bool as strong,
       coalesce((select max(s.last_seen_at) from sessions s where s.user_id = m.user_id and s.tenant_id = m.tenant_id), 'epoch')::timestamptz as last_seen_at
from memberships m join users u on u.id = m.user_id
where m.tenant_id = @tenant_id
order by array_position(array['owner', 'admin', 'member', 'viewer'], m.role), lower(u.name), m.id
limit 1000;

-- name: MembershipManagers :many
-- The first who may give others another role, owners first.
select u.name from memberships m join users u on u.id = m.user_id
where m.tenant_id = @tenant_id and m.role in ('owner', 'admin')
order by m.role = 'owner' desc, lower(u.name), m.id limit 3;

-- name: MembershipGet :one
-- One member, locked until the end of the transaction.
select m.id, m.user_id, m.role, u.name, u.email
from memberships m join users u on u.id = m.user_id
where m.id = @id and m.tenant_id = @tenant_id
for update of m;

-- name: MembershipOf :one
-- The membership of the user with this address.
select m.id from memberships m join users u on u.id = m.user_id where m.tenant_id = @tenant_id and u.email = @email;

-- name: MembershipOfUser :one
select m.id from memberships m where m.tenant_id = @tenant_id and m.user_id = @user_id;

-- name: MembershipAnywhere :one
-- Whose membership this is in any workspace, whatever their address is by now; nobody's
-- where it is several people's.
select min(m.user_id::text)::uuid as user_id from memberships m where m.id = @id having count(distinct m.user_id) = 1;

-- name: MembershipsLost :many
-- Who was a member of one workspace and is none of another.
select u.email, m.role from memberships m join users u on u.id = m.user_id
where m.tenant_id = @old_tenant and not exists (select from memberships n where n.tenant_id = @new_tenant and n.user_id = m.user_id)
order by u.email;

-- name: SessionsMove :exec
-- The sessions of those who are members of the other workspace too.
update sessions set tenant_id = @new_tenant::uuid
where tenant_id = @old_tenant::uuid and user_id in (select user_id from memberships where tenant_id = @new_tenant::uuid);

-- name: MembershipSetRole :exec
update memberships set role = @role where id = @id and tenant_id = @tenant_id;

-- name: MembershipDelete :exec
delete from memberships where id = @id and tenant_id = @tenant_id;

-- name: MembershipsOfUser :many
-- Where the user is a member, with the scope of each workspace.
select m.id, m.tenant_id, t.schema from memberships m join tenants t on t.id = m.tenant_id
where m.user_id = @user_id and t.state in ('active', 'suspended');

-- name: TenantOfInvited :one
-- The workspace of the slug, where an invitation waits for the address.
select t.id from tenants t join invitations i on i.tenant_id = t.id
where t.slug = @slug::text and i.email = @email and i.expires_at > now() and t.state = 'active';

-- name: TenantOfMember :one
-- The workspace with this slug, provided that the user is a member of it.
select t.id
from tenants t join memberships m on m.tenant_id = t.id
where t.slug = @slug::text and m.user_id = @user_id and t.state in ('active', 'suspended');
