-- name: MemberInsert :exec
insert into members (id, user_id, name, email) values (@id, @user_id, @name, @email);

-- name: MemberList :many
-- Those who can own records now, by name.
select id, name, email from members where active order by name, id;

-- name: MemberExists :one
select exists (select from members where id = @id and active)::bool;

-- name: FilterOptions :many
-- Whom and what a list can be narrowed to, in one query.
(select 'member'::text as kind, m.id, m.name::text as name from members m where m.active order by m.name, m.id limit 200)
union all
(select 'tag', t.id, t.name from tags t order by t.name limit 200);
