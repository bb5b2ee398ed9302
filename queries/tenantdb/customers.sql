-- name: CustomerInsert :exec
-- Takes the parameters of CustomerUpdate, in its order: one struct serves both.
insert into customers (
	name, domain, website, phone, email, type, industry, employees, annual_revenue,
	street, city, state, postal_code, country, description, owner_id, custom, id, version
) values (
	@name, @domain, @website, @phone, @email, @type, @industry, sqlc.narg(employees), sqlc.narg(annual_revenue),
	@street, @city, @state, @postal_code, @country, @description, sqlc.narg(owner_id), @custom, @id, @version
);

-- name: CustomerGet :one
-- The customer with its owner and tags; deleted ones too, told by deleted_at.
select c.id, c.name, c.domain, c.website, c.phone, c.email, c.type, c.industry, c.employees, c.annual_revenue,
	c.street, c.city, c.state, c.postal_code, c.country, c.description, c.owner_id,
	c.custom, c.version, c.created_at, c.updated_at, c.deleted_at,
	coalesce(m.name, '')::text as owner_name,
	array(select t.color || ' ' || t.name from taggings g join tags t on t.id = g.tag_id
	      where g.subject_type = 'customer' and g.subject_id = c.id order by t.name)::text[] as tags
from customers c left join members m on m.id = c.owner_id
where c.id = @id;

-- name: CustomerUpdate :execrows
-- No row when the record is gone or no longer at this version.
update customers set
	name = @name, domain = @domain, website = @website, phone = @phone, email = @email, type = @type,
	industry = @industry, employees = sqlc.narg(employees), annual_revenue = sqlc.narg(annual_revenue),
	street = @street, city = @city, state = @state, postal_code = @postal_code, country = @country,
	description = @description, owner_id = sqlc.narg(owner_id),
	custom = @custom, version = version + 1, updated_at = now()
where id = @id and version = @version and deleted_at is null;

-- name: CustomerCopy :copyfrom
insert into customers (
	id, name, domain, website, phone, email, type, industry, employees, annual_revenue,
	street, city, state, postal_code, country, description, owner_id, custom, created_at, updated_at
) values (
	@id, @name, @domain, @website, @phone, @email, @type, @industry, @employees, @annual_revenue,
	@street, @city, @state, @postal_code, @country, @description, @owner_id, @custom, @created_at, @updated_at
);
