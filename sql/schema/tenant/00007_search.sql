-- +goose Up
-- paddock: required

-- A record is also found by where it is, by its website and source, and by what was noted on it.
alter table customers drop column search;
alter table customers add column search text not null generated always as (ext.search_text(name || ' ' || domain || ' ' || email || ' ' || regexp_replace(website, '^https?://(www\.)?', '') || ' ' || ext.phone_digits(phone) || ' ' || industry || ' ' || street || ' ' || postal_code || ' ' || city || ' ' || state || ' ' || country)) stored;
alter table leads drop column search;
alter table leads add column search text not null generated always as (ext.search_text(btrim(first_name || ' ' || last_name) || ' ' || company_name || ' ' || email || ' ' || ext.phone_digits(phone) || ' ' || job_title || ' ' || regexp_replace(website, '^https?://(www\.)?', '') || ' ' || source)) stored;
alter table notes add column search text not null generated always as (ext.search_text(body)) stored;

create index customers_search on customers using gin (search ext.gin_trgm_ops) with (fastupdate = off);
create index leads_search on leads using gin (search ext.gin_trgm_ops) with (fastupdate = off);
create index notes_search on notes using gin (search ext.gin_trgm_ops) with (fastupdate = off);
create index customers_begins on customers (left(search, 60) text_pattern_ops);
create index leads_begins on leads (left(search, 60) text_pattern_ops);

-- Lists are narrowed to what was done, and to what rested, in part of the time.
create index tasks_by_completed_at on tasks (completed_at, id) where deleted_at is null and completed_at is not null;
create index deals_by_active_at on deals (active_at, id) where deleted_at is null;
