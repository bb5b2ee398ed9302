-- name: RecordTotal :one
-- All records and notes, with those in the trash.
select ((select count(*) from customers) + (select count(*) from contacts) + (select count(*) from leads) + (select count(*) from deals)
      + (select count(*) from projects) + (select count(*) from tasks) + (select count(*) from notes))::bigint as records;

-- name: AmountsExist :one
-- Whether any record has an amount in the workspace's currency, those in the trash too.
select (exists (select from customers where annual_revenue is not null) or exists (select from leads where amount is not null)
	or exists (select from projects where budget is not null))::bool;
