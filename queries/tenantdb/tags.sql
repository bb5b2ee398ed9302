-- name: TagEnsure :exec
-- Makes the tags that do not exist yet; names keep the case of their first use.
-- In order, so that two who make the same tags wait and do not deadlock.
insert into tags (id, name, color)
select w.id, w.name, (array['blue', 'green', 'amber', 'red', 'gray'])[1 + abs(hashtext(lower(w.name))) % 5] from (select unnest(@ids::uuid[]) as id, unnest(@names::text[]) as name) w
order by lower(w.name collate ext.name_order)
on conflict (lower(name)) do nothing;

-- name: TagIDs :many
-- The ids of the tags with these names, in any case, in the order of the names.
select t.id from unnest(@names::text[]) with ordinality w (name, n)
join tags t on lower(t.name) = lower(w.name collate ext.name_order) order by w.n;

-- name: TaggingsReplace :exec
-- The record has exactly these tags afterwards.
with dropped as (
	delete from taggings g
	where g.subject_type = @subject_type and g.subject_id = @subject_id and g.tag_id <> all (@tag_ids::uuid[])
)
insert into taggings (subject_type, subject_id, tag_id)
select @subject_type, @subject_id, unnest(@tag_ids::uuid[])
on conflict do nothing;

-- name: TaggingCopy :copyfrom
insert into taggings (subject_type, subject_id, tag_id) values (@subject_type, @subject_id, @tag_id);

-- name: TagList :many
-- The workspace's tags and how many records carry each.
select t.id, t.name::text as name, t.color, (select count(*) from taggings g where g.tag_id = t.id)::bigint as n
from tags t order by t.name, t.id limit 500;

-- name: TagUpdate :execrows
update tags set name = @name, color = @color where id = @id;

-- name: TagDelete :one
delete from tags where id = @id returning name::text;

-- name: TaggingsCopy :exec
-- The tags of one record, put on another as well.
insert into taggings (subject_type, subject_id, tag_id)
select @to_type, @to_id, g.tag_id from taggings g where g.subject_type = @from_type and g.subject_id = @from_id
on conflict do nothing;

-- name: TaggingInsert :exec
insert into taggings (subject_type, subject_id, tag_id)
select @subject_type, @subject_id, t.id from tags t where t.id = @tag_id on conflict do nothing;

-- name: TaggingDelete :exec
delete from taggings where subject_type = @subject_type and subject_id = @subject_id and tag_id = @tag_id;
