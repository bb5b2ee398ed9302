-- name: LeadInsert :exec
-- Takes the parameters of LeadUpdate, in its order: one struct serves both.
insert into leads (
	first_name, last_name, company_name, job_title, email, phone, website, source, status,
	rating, amount, description, owner_id, converted_at, conversion_set, customer_id, contact_id, deal_id,
	custom, id, version
) values (
	@first_name, @last_name, @company_name, @job_title, @email, @phone, @website, @source, @status,
	@rating, sqlc.narg(amount), @description, sqlc.narg(owner_id), sqlc.narg(converted_at), sqlc.narg(conversion_set), sqlc.narg(customer_id), sqlc.narg(contact_id), sqlc.narg(deal_id),
	@custom, @id, @version
);

-- name: LeadGet :one
-- The lead with what it is linked to and its tags; deleted ones too, told by deleted_at.
select l.id, l.first_name, l.last_name, l.company_name, l.job_title, l.email, l.phone, l.website, l.source,
	l.status, l.rating, l.amount, l.description, l.owner_id, l.converted_at, l.conversion_set, l.customer_id, l.contact_id,
	l.deal_id, l.custom, l.version, l.created_at, l.updated_at, l.deleted_at,
	coalesce(m.name, '')::text as owner_name, l.name,
	coalesce(k.name, '')::text as customer_name, coalesce(c.name, '')::text as contact_name, coalesce(d.name, '')::text as deal_name,
	array(select t.color || ' ' || t.name from taggings g join tags t on t.id = g.tag_id
	      where g.subject_type = 'lead' and g.subject_id = l.id order by t.name)::text[] as tags
from leads l left join members m on m.id = l.owner_id
	left join customers k on k.id = l.customer_id left join contacts c on c.id = l.contact_id left join deals d on d.id = l.deal_id
where l.id = @id;

-- name: LeadUpdate :execrows
-- No row when the record is gone or no longer at this version.
update leads set
	first_name = @first_name, last_name = @last_name, company_name = @company_name, job_title = @job_title, email = @email,
	phone = @phone, website = @website, source = @source, status = @status, rating = @rating,
	amount = sqlc.narg(amount), description = @description, owner_id = sqlc.narg(owner_id), converted_at = sqlc.narg(converted_at), conversion_set = sqlc.narg(conversion_set),
	customer_id = sqlc.narg(customer_id), contact_id = sqlc.narg(contact_id), deal_id = sqlc.narg(deal_id),
	custom = @custom, version = version + 1, updated_at = now()
where id = @id and version = @version and deleted_at is null;

-- name: LeadCopy :copyfrom
insert into leads (
	id, first_name, last_name, company_name, job_title, email, phone, website, source,
	status, rating, amount, description, owner_id, converted_at, conversion_set, customer_id, contact_id,
	deal_id, custom, created_at, updated_at
) values (
	@id, @first_name, @last_name, @company_name, @job_title, @email, @phone, @website, @source,
	@status, @rating, @amount, @description, @owner_id, @converted_at, @conversion_set, @customer_id, @contact_id,
	@deal_id, @custom, @created_at, @updated_at
);
