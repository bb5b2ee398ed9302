-- name: DealInsert :exec
-- Takes the parameters of DealUpdate, in its order: one struct serves both.
insert into deals (
	name, customer_id, contact_id, pipeline_id, stage_id, position, amount, currency, probability,
	expected_close_date, source, lost_reason, description, owner_id, closed_at, custom, id, version
) values (
	@name, sqlc.narg(customer_id), sqlc.narg(contact_id), @pipeline_id, @stage_id, @position, sqlc.narg(amount), @currency, sqlc.narg(probability),
	sqlc.narg(expected_close_date), @source, @lost_reason, @description, sqlc.narg(owner_id), sqlc.narg(closed_at), @custom, @id, @version
);

-- name: DealGet :one
-- The deal with what it is linked to and its tags; deleted ones too, told by deleted_at.
select d.id, d.name, d.customer_id, d.contact_id, d.pipeline_id, d.stage_id, d.position, d.amount, d.currency,
	d.probability, d.expected_close_date, d.source, d.lost_reason, d.description, d.owner_id, d.closed_at, d.custom, d.version, d.created_at,
	d.updated_at, d.deleted_at,
	coalesce(m.name, '')::text as owner_name, d.active_at,
	coalesce(k.name, '')::text as customer_name, coalesce(c.name, '')::text as contact_name, p.name::text as pipeline_name,
	s.name as stage_name, s.color as stage_color, s.probability as stage_probability, s.outcome,
	array(select t.color || ' ' || t.name from taggings g join tags t on t.id = g.tag_id
	      where g.subject_type = 'deal' and g.subject_id = d.id order by t.name)::text[] as tags
from deals d left join members m on m.id = d.owner_id
	left join customers k on k.id = d.customer_id left join contacts c on c.id = d.contact_id
	join pipelines p on p.id = d.pipeline_id join stages s on s.id = d.stage_id
where d.id = @id;

-- name: DealUpdate :execrows
-- No row when the record is gone or no longer at this version.
update deals set
	name = @name, customer_id = sqlc.narg(customer_id), contact_id = sqlc.narg(contact_id), pipeline_id = @pipeline_id, stage_id = @stage_id,
	position = case when stage_id = @stage_id then position else @position end, amount = sqlc.narg(amount), currency = @currency, probability = sqlc.narg(probability), expected_close_date = sqlc.narg(expected_close_date),
	source = @source, lost_reason = @lost_reason, description = @description, owner_id = sqlc.narg(owner_id), closed_at = sqlc.narg(closed_at),
	custom = @custom, version = version + 1, updated_at = now(), active_at = now()
where id = @id and version = @version and deleted_at is null;

-- name: DealCopy :copyfrom
insert into deals (
	id, name, customer_id, contact_id, pipeline_id, stage_id, position, amount, currency,
	probability, expected_close_date, source, lost_reason, description, owner_id, closed_at, custom, created_at, updated_at
) values (
	@id, @name, @customer_id, @contact_id, @pipeline_id, @stage_id, @position, @amount, @currency,
	@probability, @expected_close_date, @source, @lost_reason, @description, @owner_id, @closed_at, @custom, @created_at, @updated_at
);

-- name: DealMove :execrows
-- Puts the deal into the stage at the position; version and last change follow a
-- change of stage alone, so that sorting a column disturbs nobody who edits.
update deals d set
	version = case when d.stage_id = s.id and (s.outcome <> 'lost' or d.lost_reason = @lost_reason::text) then d.version else d.version + 1 end,
	updated_at = case when d.stage_id = s.id then d.updated_at else now() end, active_at = now(),
	pipeline_id = s.pipeline_id, stage_id = s.id, position = @position,
	closed_at = case when s.outcome = 'open' then null when d.stage_id = s.id then d.closed_at else @closed_at::timestamptz end,
	lost_reason = case when s.outcome = 'lost' then @lost_reason::text else '' end
from stages s
where d.id = @id and d.deleted_at is null and s.id = @stage_id;

-- name: DealTouch :exec
update deals set active_at = now() where id = @id;

-- name: StageGet :one
select id, name, outcome from stages where id = @id;

-- name: StageLock :one
-- Whoever puts a deal into the stage holds this until the end: positions are
-- worked out one at a time.
select id, pipeline_id, name, probability, outcome from stages where id = @id for no key update;

-- name: DealPositionBefore :one
-- The position in front of this one in the stage, '' at its top; the deal that
-- moves does not count.
select coalesce(max(position), '')::text from deals
where stage_id = @stage_id and position < @position::text and id <> @id and deleted_at is null;

-- name: DealPosition :one
select position from deals where id = @id and stage_id = @stage_id and deleted_at is null;

-- name: DealPositionTaken :one
select exists (select from deals where stage_id = @stage_id and position = @position and id <> @id and deleted_at is null)::bool;

-- name: DealPositionAfter :one
-- The first position behind this one ('' for the top) in the stage, '' at its end.
select coalesce(min(position), '')::text from deals
where stage_id = @stage_id and position > @position::text and id <> @id and deleted_at is null;

-- name: DealPositionLast :one
select coalesce(max(position), '')::text from deals where stage_id = @stage_id and id <> @id and deleted_at is null;

-- name: DealPlace :exec
update deals set position = @position where id = @id;

-- name: DealAge :exec
-- Dates a demo deal back; a closed one was closed then.
update deals set active_at = @at::timestamptz, closed_at = case when closed_at is not null then @at::timestamptz end where id = @id;
