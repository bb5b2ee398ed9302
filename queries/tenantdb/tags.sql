-- name: TagEnsure :exec
-- Makes the tags that do not exist yet; names are the same whatever their case and marks,
-- and stay as they were first written.
-- In order, so that two who make the same tags wait and do not deadlock.
insert into tags (id, name, color)
select w.id, w.name, (array['blue', 'green', 'amber', 'red', 'gray'])[1 + abs(hashtext(lower(w.name))) % 5] from (select unnest(@ids::uuid[]) as id, unnest(@names::text[]) as name) w
order by ext.fold(w.name)
on conflict do nothing;

-- name: TagIDs :many
-- The ids of the tags with these names, folded, in the order of the names.
select t.id from unnest(@names::text[]) with ordinality w (name, n)
join tags t on ext.fold(t.name) = ext.fold(w.name) order by w.n;

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
-- The workspace's tags and how many records carry each; behind them those deleted lately,
-- with the change that did it and how many carried them.
(select t.id, t.name::text as name, t.color, (select count(*) from taggings g where g.tag_id = t.id)::bigint as n, null::uuid as deleted_in
from tags t order by t.name, t.id limit 500)
union all
(select c.entity_id, coalesce(c.before->>'name', ''), coalesce(c.before->>'color', ''), (select count(*) from changes g where g.change_set = c.change_set and g.entity = 'tagging'), c.change_set
from changes c where c.entity = 'tag' and c.op = 'delete' and c.at > now() - interval '30 days'
	and not exists (select from tags x where x.id = c.entity_id or ext.fold(x.name) = ext.fold(c.before->>'name')) order by c.id desc limit 20);

-- name: TagUpdate :execrows
-- No row where that changes nothing, or there is no such tag.
update tags set name = @name, color = @color where id = @id and (name::text <> @name::text or color <> @color);

-- name: TagExists :one
select exists (select from tags where id = @id)::bool;

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

-- name: TagRestore :one
-- Brings a deleted tag back from the change log, on the records that it was taken off with
-- it; no row when there is one of its name again, or it is there.
with tag as (
	insert into tags (id, name, color)
	select (c.before->>'id')::uuid, c.before->>'name', c.before->>'color' from changes c
	where c.change_set = @change_set and c.entity = 'tag' and c.op = 'delete'
	on conflict do nothing returning id, name
), taken as (
	insert into taggings (subject_type, subject_id, tag_id)
	select c.before->>'subject_type', (c.before->>'subject_id')::uuid, tag.id from changes c join tag on tag.id = (c.before->>'tag_id')::uuid
	where c.change_set = @change_set and c.entity = 'tagging' and c.op = 'delete'
	on conflict do nothing
)
select name::text from tag;
