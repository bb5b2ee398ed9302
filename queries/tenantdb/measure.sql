-- name: RecordTotal :one
-- All records and notes, with those in the trash.
select ((select count(*) from customers) + (select count(*) from contacts) + (select count(*) from leads) + (select count(*) from deals)
      + (select count(*) from projects) + (select count(*) from tasks) + (select count(*) from notes))::bigint as records;
