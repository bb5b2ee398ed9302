-- +goose Up
-- paddock: required

-- What is searched is folded, in words, and has all addresses and numbers of a record; its
-- first words are the name's, by which an index finds what begins so.
alter table customers drop column search;
alter table customers add column search text not null generated always as (ext.search_text(name || ' ' || domain || ' ' || email || ' ' || regexp_replace(website, '^https?://(www\.)?', '') || ' ' || ext.phone_digits(phone))) stored;
alter table contacts drop column search;
alter table contacts add column search text not null generated always as (ext.search_text(btrim(first_name || ' ' || last_name) || ' ' || ext.point_values(emails) || ' ' || job_title || ' ' || ext.point_digits(phones))) stored;
alter table leads drop column search;
alter table leads add column search text not null generated always as (ext.search_text(btrim(first_name || ' ' || last_name) || ' ' || company_name || ' ' || email || ' ' || ext.phone_digits(phone))) stored;
alter table deals drop column search;
alter table deals add column search text not null generated always as (ext.search_text(name || ' ' || source)) stored,
	-- Amounts in order: by currency, and within it by value. Both are compared as text.
	add column amount_order text collate "C" generated always as (currency || lpad(amount::text, 19, '0')) stored;
alter table projects drop column search;
alter table projects add column search text not null generated always as (ext.search_text(name)) stored;
alter table tasks drop column search;
alter table tasks add column search text not null generated always as (ext.search_text(subject)) stored,
	add column repeat_anchor jsonb; -- of a repeating one: entity.Anchor

create index customers_search on customers using gin (search ext.gin_trgm_ops) with (fastupdate = off);
create index contacts_search on contacts using gin (search ext.gin_trgm_ops) with (fastupdate = off);
create index leads_search on leads using gin (search ext.gin_trgm_ops) with (fastupdate = off);
create index deals_search on deals using gin (search ext.gin_trgm_ops) with (fastupdate = off);
create index projects_search on projects using gin (search ext.gin_trgm_ops) with (fastupdate = off);
create index tasks_search on tasks using gin (search ext.gin_trgm_ops) with (fastupdate = off);
create index customers_begins on customers (left(search, 60) text_pattern_ops);
create index contacts_begins on contacts (left(search, 60) text_pattern_ops);
create index leads_begins on leads (left(search, 60) text_pattern_ops);
create index deals_begins on deals (left(search, 60) text_pattern_ops);
create index projects_begins on projects (left(search, 60) text_pattern_ops);
create index tasks_begins on tasks (left(search, 60) text_pattern_ops);
drop index customers_prefix_name, customers_prefix_domain, customers_prefix_email, contacts_prefix_name, contacts_prefix_email,
	leads_prefix_name, leads_prefix_company, leads_prefix_email, deals_prefix_name, projects_prefix_name, tasks_prefix_subject;

-- Choices in their order, not by their letters: as views lists them.
create index customers_in_type on customers (array_position(array['prospect', 'customer', 'partner', 'at_risk', 'lapsed'], type), id) where deleted_at is null;
create index leads_in_status on leads (array_position(array['new', 'attempting', 'contacted', 'qualified', 'unqualified', 'converted'], status), id) where deleted_at is null;
create index leads_in_rating on leads (array_position(array['hot', 'warm', 'cold'], rating), id) where deleted_at is null and rating > '';
create index projects_in_status on projects (array_position(array['draft', 'underway', 'on_hold', 'completed', 'cancelled'], status), id) where deleted_at is null;
create index projects_in_priority on projects (array_position(array['low', 'normal', 'high'], priority), id) where deleted_at is null;
create index tasks_in_type on tasks (array_position(array['todo', 'call', 'email', 'meeting', 'milestone'], type), id) where deleted_at is null;
create index tasks_in_status on tasks (array_position(array['open', 'in_progress', 'done'], status), id) where deleted_at is null;
create index tasks_in_priority on tasks (array_position(array['low', 'normal', 'high'], priority), id) where deleted_at is null;

create index deals_by_amount_order on deals (amount_order, id) where deleted_at is null;
drop index deals_by_amount;

-- A day ends when it does for whoever looks: days and moments are read apart.
create index tasks_by_due_at on tasks (due_at, id) where deleted_at is null and due_at is not null;
create index tasks_by_due_on on tasks (due_on, id) where deleted_at is null and due_on is not null;

-- Tags are one whatever their marks: those that there are twice become the oldest of them.
-- tags_name stays for the version before, which looks tags up by it.
insert into taggings (subject_type, subject_id, tag_id)
select g.subject_type, g.subject_id, k.id
from tags t
join lateral (select min(x.id::text)::uuid as id from tags x where ext.fold(x.name) = ext.fold(t.name)) k on k.id <> t.id
join taggings g on g.tag_id = t.id
on conflict do nothing;
delete from tags t using tags k where ext.fold(k.name) = ext.fold(t.name) and k.id < t.id;
create unique index tags_folded on tags (ext.fold(name));
