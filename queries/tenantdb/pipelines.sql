-- name: PipelineList :many
select id, name::text as name, position, version from pipelines order by position, name, id;

-- name: StageList :many
-- All stages of all pipelines, in the order of the board.
select s.id, s.pipeline_id, p.name::text as pipeline_name, s.name, s.color, s.probability, s.outcome, s.position
from stages s join pipelines p on p.id = s.pipeline_id
order by p.position, p.name, p.id, s.position, s.id;

-- name: PipelineInsert :exec
insert into pipelines (id, name, position) values (@id, @name, (select coalesce(max(position), 0) + 1 from pipelines));

-- name: PipelineUpdate :execrows
-- No row when it is gone or no longer at this version.
update pipelines set name = @name, version = version + 1 where id = @id and version = @version;

-- name: PipelineDelete :execrows
delete from pipelines where id = @id;

-- name: StageInsert :exec
insert into stages (id, pipeline_id, name, color, probability, outcome, position)
values (@id, @pipeline_id, @name, @color, @probability, @outcome, @position);

-- name: StageUpdate :execrows
update stages set name = @name, color = @color, probability = @probability, outcome = @outcome, position = @position
where id = @id and pipeline_id = @pipeline_id;

-- name: StageDelete :execrows
delete from stages where id = @id and pipeline_id = @pipeline_id;

-- name: StagesDelete :exec
delete from stages where pipeline_id = @pipeline_id;

-- name: StagesUsed :many
-- How many deals each stage holds, those in the trash included.
select stage_id, count(*)::bigint as n from deals where pipeline_id = @pipeline_id group by stage_id;

-- name: BoardSums :many
-- What stands in each column of a pipeline, by currency. Amounts are minor
-- units; weighted is by the deal's probability or else the stage's, rounded down.
select d.stage_id, d.currency, count(*)::bigint as n, coalesce(sum(d.amount), 0)::bigint as amount,
	coalesce(div(sum(d.amount * coalesce(d.probability, s.probability)), 100), 0)::bigint as weighted
from deals d join stages s on s.id = d.stage_id
where d.pipeline_id = @pipeline_id and d.deleted_at is null
group by d.stage_id, d.currency
order by d.stage_id, sum(d.amount) desc nulls last;
