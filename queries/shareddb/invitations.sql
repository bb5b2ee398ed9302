-- name: InvitationPut :exec
-- Invites an address, or invites it again: the tokens before stop working.
insert into invitations (id, tenant_id, email, role, token_hash, invited_by, expires_at)
values (@id, @tenant_id, @email, @role, @token_hash, sqlc.narg(invited_by), @expires_at)
on conflict (tenant_id, email) do update set
	role = excluded.role, token_hash = excluded.token_hash, link_hash = null, invited_by = excluded.invited_by, sent_at = now(), expires_at = excluded.expires_at;

-- name: InvitationList :many
select i.id, i.email, i.role, i.sent_at, i.expires_at, coalesce(u.name, '')::text as invited_by
from invitations i left join memberships m on m.tenant_id = i.tenant_id and m.id = i.invited_by left join users u on u.id = m.user_id
where i.tenant_id = @tenant_id
order by i.email
limit 1000;

-- name: InvitationCount :one
-- Those that can be accepted, without the one to this address.
select count(*) from invitations where tenant_id = @tenant_id and email <> @email and expires_at > now();

-- name: InvitationGet :one
select id, email, role from invitations where id = @id and tenant_id = @tenant_id;

-- name: InvitationByToken :one
-- A good invitation, and what account its address has: none when user_id is null.
select i.id, i.email, i.role, coalesce(inviter.name, '')::text as invited_by, u.id as user_id, coalesce(u.name, '')::text as user_name, (u.email_verified_at is not null)::bool as verified,
	(i.token_hash = @token_hash)::bool as mailed
from invitations i
left join memberships m on m.tenant_id = i.tenant_id and m.id = i.invited_by left join users inviter on inviter.id = m.user_id
left join users u on u.email = i.email
where (i.token_hash = @token_hash or i.link_hash = @token_hash) and i.tenant_id = @tenant_id and i.expires_at > now();

-- name: InvitationConsume :one
delete from invitations where (token_hash = @token_hash or link_hash = @token_hash) and tenant_id = @tenant_id and expires_at > now()
returning email, role, invited_by, (token_hash = @token_hash)::bool as mailed;

-- name: InvitationLink :one
-- Gives it a link to hand on, in place of the one before. Never one that makes an owner, which
-- an archive may name: that goes to the address alone.
update invitations set link_hash = @link_hash
where id = @id and tenant_id = @tenant_id and expires_at > now() and role <> 'owner' returning email;

-- name: InvitationDelete :one
delete from invitations where id = @id and tenant_id = @tenant_id returning email;

-- name: InvitationDeleteFor :exec
-- Whoever has joined by another way needs none.
delete from invitations where tenant_id = @tenant_id and email = @email;

-- name: InvitationDeleteExpired :execrows
delete from invitations where expires_at < now() - interval '30 days';

-- name: InvitationFor :one
-- The role that an address is invited to.
select role from invitations where tenant_id = @tenant_id and email = @email and expires_at > now();
