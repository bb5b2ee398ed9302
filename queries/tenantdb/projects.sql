-- name: ProjectInsert :exec
-- Takes the parameters of ProjectUpdate, in its order: one struct serves both.
insert into projects (
	name, customer_id, deal_id, status, priority, start_date, end_date, budget, member_ids,
	description, owner_id, custom, id, version
) values (
	@name, sqlc.narg(customer_id), sqlc.narg(deal_id), @status, @priority, sqlc.narg(start_date), sqlc.narg(end_date), sqlc.narg(budget), @member_ids,
	@description, sqlc.narg(owner_id), @custom, @id, @version
);

-- name: ProjectGet :one
-- The project with what it is linked to and its tags; deleted ones too, told by deleted_at.
select p.id, p.name, p.customer_id, p.deal_id, p.status, p.priority, p.start_date, p.end_date, p.budget,
	p.member_ids, p.description, p.owner_id, p.custom, p.version, p.created_at, p.updated_at, p.deleted_at,
	coalesce(m.name, '')::text as owner_name, coalesce(k.name, '')::text as customer_name, coalesce(d.name, '')::text as deal_name,
	array(select coalesce(x.name, '')::text from unnest(p.member_ids) with ordinality as i (id, n) left join members x on x.id = i.id order by i.n)::text[] as member_names,
	array(select t.color || ' ' || t.name from taggings g join tags t on t.id = g.tag_id
	      where g.subject_type = 'project' and g.subject_id = p.id order by t.name)::text[] as tags
from projects p left join members m on m.id = p.owner_id
	left join customers k on k.id = p.customer_id left join deals d on d.id = p.deal_id
where p.id = @id;

-- name: ProjectUpdate :execrows
-- No row when the record is gone or no longer at this version.
update projects set
	name = @name, customer_id = sqlc.narg(customer_id), deal_id = sqlc.narg(deal_id), status = @status, priority = @priority,
	start_date = sqlc.narg(start_date), end_date = sqlc.narg(end_date), budget = sqlc.narg(budget), member_ids = @member_ids, description = @description,
	owner_id = sqlc.narg(owner_id),
	custom = @custom, version = version + 1, updated_at = now()
where id = @id and version = @version and deleted_at is null;

-- name: ProjectCopy :copyfrom
insert into projects (
	id, name, customer_id, deal_id, status, priority, start_date, end_date, budget,
	member_ids, description, owner_id, custom, created_at, updated_at
) values (
	@id, @name, @customer_id, @deal_id, @status, @priority, @start_date, @end_date, @budget,
	@member_ids, @description, @owner_id, @custom, @created_at, @updated_at
);
