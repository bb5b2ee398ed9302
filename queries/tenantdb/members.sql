-- name: MemberPut :one
-- Who comes back is who they were: the same member, with the records they had.
insert into members (id, user_id, name, email, avatar) values (@id, @user_id, @name, @email, @avatar)
on conflict (user_id) do update set name = excluded.name, email = excluded.email, avatar = excluded.avatar, active = true
returning id;

-- name: MemberLeave :exec
update members set active = false where id = @id;

-- name: MemberSetUsers :exec
-- Says which user each member is on this installation.
update members m set user_id = x.user_id from (select unnest(@ids::uuid[]) as id, unnest(@user_ids::uuid[]) as user_id) x where m.id = x.id;

-- name: MemberFollow :exec
-- Takes over what the person changed of themselves.
update members set name = @name, email = @email, avatar = @avatar where user_id = @user_id;

-- name: MemberList :many
-- All there ever were, by name: who left may still own records.
select id, name, email, active from members order by name, id;

-- name: MemberExists :one
select exists (select from members where id = @id and active)::bool;

-- name: FilterOptions :many
-- Whom and what a list can be narrowed to, in one query.
(select 'member'::text as kind, m.id, m.name::text as name from members m where m.active order by m.name, m.id limit 200)
union all
(select 'tag', t.id, t.name from tags t order by t.name limit 200);

-- name: MemberWas :one
-- Whether the user was a member before.
select exists (select from members where user_id = @user_id)::bool;
