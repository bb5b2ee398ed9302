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
-- What stands in each column of a pipeline, by currency, as it is kept. Amounts are minor
-- units; weighted is by the deal's probability or else the stage's, rounded down.
select s.id as stage_id, c.currency, sum(c.n)::bigint as n, sum(c.amount)::bigint as amount,
	div(sum(c.chance) + sum(c.open) * s.probability, 100)::bigint as weighted
from record_counts c join stages s on s.id::text = c.value
where c.kind = 'deal' and s.pipeline_id = @pipeline_id
group by s.id, c.currency having sum(c.n) > 0
order by s.id, 4 desc;
