-- name: TagEnsure :exec
-- Makes the tags that do not exist yet; names keep the case of their first use.
-- In order, so that two who make the same tags wait and do not deadlock.
insert into tags (id, name, color)
select w.id, w.name, 'gray' from (select unnest(@ids::uuid[]) as id, unnest(@names::text[]) as name) w
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
