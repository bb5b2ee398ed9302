-- name: FieldList :many
-- A workspace's own fields, in their order: retired ones too, and those that were deleted lately.
select id, kind, key, label, help, type, required, options, refers, preset, section, show, position, version, retired_at, deleted_at
from field_definitions order by kind, position, key;

-- name: FieldInsert :exec
insert into field_definitions (id, kind, key, label, help, type, required, options, refers, preset, section, show, position)
values (@id, @kind, @key, @label, @help, @type, @required, @options, @refers, @preset, @section, @show,
	(select coalesce(max(f.position), 0) + 1 from field_definitions f where f.kind = @kind));

-- name: FieldUpdate :execrows
update field_definitions set label = @label, help = @help, required = @required, options = @options, preset = @preset, section = @section,
	show = @show, retired_at = case when @retired::bool then coalesce(retired_at, now()) end, version = version + 1, updated_at = now()
where id = @id and deleted_at is null;

-- name: FieldDelete :execrows
update field_definitions set deleted_at = now(), version = version + 1, updated_at = now() where id = @id and deleted_at is null;

-- name: FieldRestore :execrows
update field_definitions set deleted_at = null, version = version + 1, updated_at = now() where id = @id;

-- name: FieldPurge :exec
delete from field_definitions where id = @id;
