-- name: IdentityGet :one
-- Who this is at the provider; a workspace's own knows its own people alone.
select user_id from identities where tenant_id is not distinct from sqlc.narg(tenant_id)::uuid and issuer = @issuer and subject = @subject;

-- name: IdentityInsert :exec
insert into identities (id, tenant_id, issuer, subject, user_id) values (@id, sqlc.narg(tenant_id), @issuer, @subject, @user_id)
on conflict (tenant_id, issuer, subject) do nothing; -- twice at once

-- name: ProviderGet :one
select name, issuer, client_id, client_secret, join_role from tenant_providers where tenant_id = @tenant_id;

-- name: ProviderPut :exec
insert into tenant_providers (tenant_id, name, issuer, client_id, client_secret, join_role)
values (@tenant_id, @name, @issuer, @client_id, @client_secret, @join_role)
on conflict (tenant_id) do update set name = excluded.name, issuer = excluded.issuer, client_id = excluded.client_id, client_secret = excluded.client_secret, join_role = excluded.join_role;

-- name: ProviderDelete :one
delete from tenant_providers where tenant_id = @tenant_id returning issuer;

-- name: EmailDomainInsert :exec
insert into tenant_email_domains (tenant_id, domain, token) values (@tenant_id, @domain, @token) on conflict do nothing;

-- name: EmailDomainList :many
select domain, token, verified_at from tenant_email_domains where tenant_id = @tenant_id order by domain limit 100;

-- name: EmailDomainGet :one
select domain, token, verified_at from tenant_email_domains where tenant_id = @tenant_id and domain = @domain;

-- name: EmailDomainVerified :one
select exists (select from tenant_email_domains where tenant_id = @tenant_id and domain = @domain and verified_at is not null)::bool;

-- name: EmailDomainVerify :exec
update tenant_email_domains set verified_at = now() where tenant_id = @tenant_id and domain = @domain;

-- name: EmailDomainUnverify :exec
update tenant_email_domains set verified_at = null where tenant_id = @tenant_id and domain = @domain;

-- name: EmailDomainCount :one
select count(*) from tenant_email_domains where tenant_id = @tenant_id;

-- name: EmailDomainDelete :one
delete from tenant_email_domains where tenant_id = @tenant_id and domain = @domain returning domain;
