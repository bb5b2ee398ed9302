-- name: OwnershipOffer :exec
insert into ownership_offers (tenant_id, membership_id, offered_by, expires_at) values (@tenant_id, @membership_id, @offered_by, @expires_at)
on conflict (tenant_id) do update set membership_id = excluded.membership_id, offered_by = excluded.offered_by, expires_at = excluded.expires_at;

-- name: OwnershipOfferGet :one
select o.membership_id, o.offered_by, t.name as to_name, f.name as from_name
from ownership_offers o
join memberships tm on tm.tenant_id = o.tenant_id and tm.id = o.membership_id join users t on t.id = tm.user_id
join memberships fm on fm.tenant_id = o.tenant_id and fm.id = o.offered_by join users f on f.id = fm.user_id
where o.tenant_id = @tenant_id and o.expires_at > now();

-- name: OwnershipOfferConsume :one
delete from ownership_offers where tenant_id = @tenant_id and membership_id = @membership_id and expires_at > now() returning offered_by;

-- name: OwnershipOfferDelete :execrows
-- Taken back by whoever made it, or declined.
delete from ownership_offers where tenant_id = @tenant_id and (membership_id = @member_id or offered_by = @member_id);
