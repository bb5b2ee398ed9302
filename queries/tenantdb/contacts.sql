-- name: ContactInsert :exec
-- Takes the parameters of ContactUpdate, in its order: one struct serves both.
insert into contacts (
	first_name, last_name, salutation, job_title, customer_id, emails, phones, linkedin_url, birthday,
	do_not_call, email_opt_out, description, owner_id, custom, id, version
) values (
	@first_name, @last_name, @salutation, @job_title, sqlc.narg(customer_id), @emails, @phones, @linkedin_url, sqlc.narg(birthday),
	@do_not_call, @email_opt_out, @description, sqlc.narg(owner_id), @custom, @id, @version
);

-- name: ContactGet :one
-- The contact with what it is linked to and its tags; deleted ones too, told by deleted_at.
select c.id, c.first_name, c.last_name, c.salutation, c.job_title, c.customer_id, c.emails, c.phones, c.linkedin_url,
	c.birthday, c.do_not_call, c.email_opt_out, c.description, c.owner_id, c.custom, c.version, c.created_at, c.updated_at, c.deleted_at,
	coalesce(m.name, '')::text as owner_name, c.name, c.email, c.phone, coalesce(k.name, '')::text as customer_name,
	array(select t.color || ' ' || t.name from taggings g join tags t on t.id = g.tag_id
	      where g.subject_type = 'contact' and g.subject_id = c.id order by t.name)::text[] as tags
from contacts c left join members m on m.id = c.owner_id left join customers k on k.id = c.customer_id
where c.id = @id;

-- name: ContactUpdate :execrows
-- No row when the record is gone or no longer at this version.
update contacts set
	first_name = @first_name, last_name = @last_name, salutation = @salutation, job_title = @job_title, customer_id = sqlc.narg(customer_id),
	emails = @emails, phones = @phones, linkedin_url = @linkedin_url, birthday = sqlc.narg(birthday), do_not_call = @do_not_call,
	email_opt_out = @email_opt_out, description = @description, owner_id = sqlc.narg(owner_id),
	custom = @custom, version = version + 1, updated_at = now()
where id = @id and version = @version and deleted_at is null;

-- name: ContactCopy :copyfrom
insert into contacts (
	id, first_name, last_name, salutation, job_title, customer_id, emails, phones, linkedin_url,
	birthday, do_not_call, email_opt_out, description, owner_id, custom, created_at, updated_at
) values (
	@id, @first_name, @last_name, @salutation, @job_title, @customer_id, @emails, @phones, @linkedin_url,
	@birthday, @do_not_call, @email_opt_out, @description, @owner_id, @custom, @created_at, @updated_at
);
