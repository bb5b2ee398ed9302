-- name: MemberInsert :exec
insert into members (id, user_id, name, email) values (@id, @user_id, @name, @email);

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
