-- name: Timeline :many
-- What happened to a record, latest first: notes and changes; for a customer, notes on its
-- deals and contacts too. A page starts behind (at, key) of the page before. The limit is a
-- literal, for one that is a parameter is planned anew every time; TimelineRows is the same.
select kind, key, at, member_id, coalesce(m.name, '')::text as member_name, x.version, x.pinned, x.edited, body, html, html_mark, outcome, minutes, about_type, about_id, entity, entity_id, op, before, after, change_set
from (
	(select 'note'::text as kind, n.id::text as key, n.created_at as at, n.author_id as member_id, n.version, n.pinned, (n.updated_at > n.created_at)::bool as edited, n.body, n.html, n.html_mark, n.outcome, n.minutes, ''::text as about_type, null::uuid as about_id, n.kind as entity, n.id as entity_id,
		''::text as op, null::jsonb as before, null::jsonb as after, null::uuid as change_set
	from notes n
	where n.subject_id = @subject_id and n.deleted_at is null and (n.created_at, n.id::text) < (@at::timestamptz, @key::text)
	order by n.created_at desc, n.id desc limit 31)
	union all
	(select 'note'::text, b.id::text, b.created_at, b.author_id, b.version, false, (b.updated_at > b.created_at)::bool, b.body, b.html, b.html_mark, b.outcome, b.minutes, b.subject_type, b.subject_id, b.kind, b.id,
		''::text, null::jsonb, null::jsonb, null::uuid
	from (select d.id from deals d where d.customer_id = @subject_id and d.deleted_at is null union all select c.id from contacts c where c.customer_id = @subject_id and c.deleted_at is null) s
	cross join lateral (select n.id, n.created_at, n.updated_at, n.author_id, n.version, n.body, n.html, n.html_mark, n.outcome, n.minutes, n.subject_type, n.subject_id, n.kind
		from notes n where n.subject_id = s.id and n.deleted_at is null and (n.created_at, n.id::text) < (@at::timestamptz, @key::text)
		order by n.created_at desc, n.id desc limit 31) b
	order by b.created_at desc, b.id desc limit 31)
	union all
	(select 'change', lpad(c.id::text, 20, '0'), c.at, c.member_id, 0, false, false, '', '', '', '', null::integer, '', null::uuid, c.entity, c.entity_id, c.op, c.before, c.after, c.change_set
	from changes c
	where c.subject_id = @subject_id and c.entity <> 'note' and (c.at, lpad(c.id::text, 20, '0')) < (@at::timestamptz, @key::text)
	order by c.at desc, c.id desc limit 31)
) x left join members m on m.id = x.member_id
order by at desc, key desc limit 31;

-- name: EntityChanges :many
-- The changes of a task or another row that shows on somebody else's timeline.
select c.id, c.at, c.member_id, coalesce(m.name, '')::text as member_name, c.entity, c.entity_id, c.op, c.before, c.after, c.change_set
from changes c left join members m on m.id = c.member_id
where c.entity_id = @entity_id order by c.id desc limit @n;

-- name: ChangesOfSet :many
-- All that one transaction changed, the last first.
select id, at, member_id, entity, entity_id, subject_type, subject_id, op, before, after from changes
where change_set = @change_set order by id desc limit @n;

-- name: ChangedSince :one
-- Whether other transactions changed these rows since, hung something on them,
-- or converted a lead into one of them.
select (exists (select from changes a where a.entity_id = any (@ids::uuid[]) and a.id > @id and a.change_set <> @change_set)
	or exists (select from changes b where b.subject_id = any (@ids::uuid[]) and b.id > @id and b.change_set <> @change_set)
	or exists (select from leads l where (l.customer_id = any (@ids::uuid[]) or l.contact_id = any (@ids::uuid[]) or l.deal_id = any (@ids::uuid[])) and l.conversion_set <> @change_set))::bool;

-- name: TaggingsSince :many
-- Later changes of these records' tags, by other transactions.
select entity_id, before, after from changes
where entity_id = any (@ids::uuid[]) and entity = 'tagging' and id > @id and change_set <> @change_set;

-- name: RecentRecords :many
-- The records that a member changed last.
select subject_type, subject_id, max(id)::bigint as last from (
	select subject_type, subject_id, id from changes where member_id = @member_id::uuid order by id desc limit 200
) x where subject_type = any (@kinds::text[])
group by subject_type, subject_id order by last desc limit 8;

-- name: RecentChanges :many
-- What happened in the workspace last, one line for each record and transaction.
select x.change_set, x.subject_type, x.subject_id, max(x.at)::timestamptz as at, coalesce(max(m.name::text), '')::text as member_name,
	(array_agg(x.entity || ' ' || x.op order by x.id))[1]::text as what
from (select * from changes order by id desc limit 200) x left join members m on m.id = x.member_id
where x.subject_type = any (@kinds::text[])
group by x.change_set, x.subject_type, x.subject_id order by max(x.id) desc limit 10;
