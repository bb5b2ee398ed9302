-- +goose Up
-- paddock: required

-- What was changed, by whom: written by triggers (ext.log_change) in the
-- transaction of the change, read by everybody. change_set is one transaction:
-- what was done together is undone together.
create table changes (
	id           bigint generated always as identity primary key,
	change_set   uuid not null,
	at           timestamptz not null default clock_timestamp(),
	member_id    uuid, -- null: the system
	entity       text not null,
	entity_id    uuid not null,
	subject_type text not null, -- the record on whose timeline it shows
	subject_id   uuid not null,
	op           text not null check (op in ('insert', 'update', 'delete')),
	before       jsonb, -- of an update the columns that differ
	after        jsonb
);
create index changes_subject on changes (subject_id, at, id) where entity <> 'note'; -- notes show by themselves
create index changes_entity on changes (entity_id, id);
create index changes_set on changes (change_set, id);
create index changes_member on changes (member_id, id);

create table contacts (
	id            uuid primary key,
	first_name    text not null default '',
	last_name     text not null check (last_name <> ''),
	salutation    text not null default '',
	job_title     text collate ext.name_order not null default '',
	customer_id   uuid references customers,
	emails        jsonb not null default '[]' check (jsonb_typeof(emails) = 'array'), -- [{"value": …, "label": …}], the primary one first
	phones        jsonb not null default '[]' check (jsonb_typeof(phones) = 'array'),
	linkedin_url  text not null default '',
	birthday      date,
	do_not_call   boolean not null default false,
	email_opt_out boolean not null default false,
	description   text not null default '',
	owner_id      uuid references members,
	version       integer not null default 1,
	created_at    timestamptz not null default now(),
	updated_at    timestamptz not null default now(),
	deleted_at    timestamptz,
	name          text collate ext.name_order not null generated always as (btrim(first_name || ' ' || last_name)) stored,
	email         text not null generated always as (coalesce(emails->0->>'value', '')) stored,
	phone         text not null generated always as (coalesce(phones->0->>'value', '')) stored,
	search        text not null generated always as (lower(btrim(first_name || ' ' || last_name) || ' ' || coalesce(emails->0->>'value', '') || ' ' || job_title)) stored
);
create index contacts_by_name on contacts (name, id) where deleted_at is null;
create index contacts_by_email on contacts (email, id) where deleted_at is null;
create index contacts_by_job_title on contacts (job_title, id) where deleted_at is null;
create index contacts_by_customer on contacts (customer_id, id) where deleted_at is null;
create index contacts_by_owner on contacts (owner_id, id) where deleted_at is null;
create index contacts_by_updated_at on contacts (updated_at, id) where deleted_at is null;
create index contacts_by_created_at on contacts (created_at, id) where deleted_at is null;
create index contacts_search on contacts using gin (search ext.gin_trgm_ops) with (fastupdate = off);
create index contacts_prefix_name on contacts (lower(name) text_pattern_ops);
create index contacts_prefix_email on contacts (email text_pattern_ops);

create table pipelines (
	id         uuid primary key,
	name       text collate ext.name_order not null check (name <> ''),
	position   integer not null default 0,
	version    integer not null default 1,
	created_at timestamptz not null default now()
);

create table stages (
	id          uuid primary key,
	pipeline_id uuid not null references pipelines,
	name        text not null check (name <> ''),
	color       text not null default 'gray' check (color in ('gray', 'red', 'amber', 'green', 'blue')),
	probability integer not null check (probability between 0 and 100),
	outcome     text not null default 'open' check (outcome in ('open', 'won', 'lost')),
	position    integer not null default 0
);
create index stages_pipeline on stages (pipeline_id, position, id);

create table leads (
	id           uuid primary key,
	first_name   text not null default '',
	last_name    text not null check (last_name <> ''),
	company_name text collate ext.name_order not null default '',
	job_title    text not null default '',
	email        text not null default '',
	phone        text not null default '',
	website      text not null default '',
	source       text collate ext.name_order not null default '',
	status       text not null default 'new' check (status in ('new', 'attempting', 'contacted', 'qualified', 'unqualified', 'converted')),
	rating       text not null default '' check (rating in ('', 'hot', 'warm', 'cold')),
	amount       bigint check (amount >= 0), -- minor units of the workspace's currency
	description  text not null default '',
	owner_id     uuid references members,
	version      integer not null default 1,
	created_at   timestamptz not null default now(),
	updated_at   timestamptz not null default now(),
	deleted_at   timestamptz,
	-- What a converted lead became.
	converted_at   timestamptz,
	conversion_set uuid, -- the change set to undo
	customer_id    uuid references customers on delete set null,
	contact_id     uuid references contacts on delete set null,
	deal_id        uuid, -- references deals, below
	name         text collate ext.name_order not null generated always as (btrim(first_name || ' ' || last_name)) stored,
	search       text not null generated always as (lower(btrim(first_name || ' ' || last_name) || ' ' || company_name || ' ' || email)) stored,
	check ((status = 'converted') = (converted_at is not null))
);
create index leads_by_name on leads (name, id) where deleted_at is null;
create index leads_by_company_name on leads (company_name, id) where deleted_at is null;
create index leads_by_status on leads (status, id) where deleted_at is null;
create index leads_by_rating on leads (rating, id) where deleted_at is null;
create index leads_by_source on leads (source, id) where deleted_at is null;
create index leads_by_amount on leads (amount, id) where deleted_at is null;
create index leads_by_owner on leads (owner_id, id) where deleted_at is null;
create index leads_by_updated_at on leads (updated_at, id) where deleted_at is null;
create index leads_by_created_at on leads (created_at, id) where deleted_at is null;
create index leads_board on leads (status, created_at, id) include (amount) where deleted_at is null;
create index leads_customer on leads (customer_id);
create index leads_contact on leads (contact_id);
create index leads_deal on leads (deal_id);
create index leads_search on leads using gin (search ext.gin_trgm_ops) with (fastupdate = off);
create index leads_prefix_name on leads (lower(name) text_pattern_ops);
create index leads_prefix_company on leads (lower(company_name) text_pattern_ops);
create index leads_prefix_email on leads (email text_pattern_ops);

create table deals (
	id          uuid primary key,
	name        text collate ext.name_order not null check (name <> ''),
	customer_id uuid references customers,
	contact_id  uuid references contacts,
	pipeline_id uuid not null references pipelines,
	stage_id    uuid not null references stages,
	position    text collate "C" not null, -- in the stage's column; see app/crm/position.go
	amount      bigint check (amount >= 0), -- minor units of currency
	currency    text not null,
	probability integer check (probability between 0 and 100), -- null: the stage's
	expected_close_date date,
	source      text collate ext.name_order not null default '',
	lost_reason text not null default '',
	description text not null default '',
	owner_id    uuid references members,
	closed_at   timestamptz, -- when it was won or lost
	active_at   timestamptz not null default now(), -- the last change, note or task done
	version     integer not null default 1,
	created_at  timestamptz not null default now(),
	updated_at  timestamptz not null default now(),
	deleted_at  timestamptz,
	search      text not null generated always as (lower(name || ' ' || source)) stored
);
alter table leads add foreign key (deal_id) references deals on delete set null;
create unique index deals_board on deals (stage_id, position) where deleted_at is null;
create index deals_sums on deals (pipeline_id, stage_id, currency) include (amount, probability) where deleted_at is null;
create index deals_by_name on deals (name, id) where deleted_at is null;
create index deals_by_customer on deals (customer_id, id) where deleted_at is null;
create index deals_by_contact on deals (contact_id, id) where deleted_at is null;
create index deals_by_stage on deals (stage_id, id) where deleted_at is null;
create index deals_by_currency on deals (currency, id) where deleted_at is null;
create index deals_by_amount on deals (amount, id) where deleted_at is null;
create index deals_by_expected_close_date on deals (expected_close_date, id) where deleted_at is null;
create index deals_by_owner on deals (owner_id, id) where deleted_at is null;
create index deals_by_updated_at on deals (updated_at, id) where deleted_at is null;
create index deals_by_created_at on deals (created_at, id) where deleted_at is null;
create index deals_closed on deals (closed_at, id) include (stage_id, amount, currency) where deleted_at is null and closed_at is not null;
create index deals_search on deals using gin (search ext.gin_trgm_ops) with (fastupdate = off);
create index deals_prefix_name on deals (lower(name) text_pattern_ops);

create table projects (
	id          uuid primary key,
	name        text collate ext.name_order not null check (name <> ''),
	customer_id uuid references customers,
	deal_id     uuid references deals,
	status      text not null default 'draft' check (status in ('draft', 'underway', 'on_hold', 'completed', 'cancelled')),
	priority    text not null default 'normal' check (priority in ('low', 'normal', 'high')),
	start_date  date,
	end_date    date,
	budget      bigint check (budget >= 0), -- minor units of the workspace's currency
	member_ids  uuid[] not null default '{}',
	description text not null default '',
	owner_id    uuid references members,
	version     integer not null default 1,
	created_at  timestamptz not null default now(),
	updated_at  timestamptz not null default now(),
	deleted_at  timestamptz,
	search      text not null generated always as (lower(name)) stored,
	check (end_date >= start_date)
);
create index projects_by_name on projects (name, id) where deleted_at is null;
create index projects_by_customer on projects (customer_id, id) where deleted_at is null;
create index projects_deal on projects (deal_id);
create index projects_by_status on projects (status, id) where deleted_at is null;
create index projects_by_priority on projects (priority, id) where deleted_at is null;
create index projects_by_start_date on projects (start_date, id) where deleted_at is null;
create index projects_by_end_date on projects (end_date, id) where deleted_at is null;
create index projects_by_budget on projects (budget, id) where deleted_at is null;
create index projects_by_owner on projects (owner_id, id) where deleted_at is null;
create index projects_by_updated_at on projects (updated_at, id) where deleted_at is null;
create index projects_by_created_at on projects (created_at, id) where deleted_at is null;
create index projects_search on projects using gin (search ext.gin_trgm_ops) with (fastupdate = off);
create index projects_prefix_name on projects (lower(name) text_pattern_ops);

create table tasks (
	id           uuid primary key,
	subject      text collate ext.name_order not null check (subject <> ''),
	type         text not null default 'todo' check (type in ('todo', 'call', 'email', 'meeting', 'milestone')),
	status       text not null default 'open' check (status in ('open', 'in_progress', 'done')),
	priority     text not null default 'normal' check (priority in ('low', 'normal', 'high')),
	due_on       date,        -- a day, whatever the zone …
	due_at       timestamptz, -- … or a moment
	remind_at    timestamptz,
	repeat       text not null default '' check (repeat in ('', 'daily', 'weekdays', 'weekly', 'monthly', 'yearly')),
	assignee_id  uuid references members,
	subject_type text not null default '', -- what it is about
	subject_id   uuid,
	description  text not null default '',
	completed_at timestamptz,
	completed_by uuid references members,
	next_id      uuid references tasks on delete set null, -- of a repeating one, what its completion made
	version      integer not null default 1,
	created_at   timestamptz not null default now(),
	updated_at   timestamptz not null default now(),
	deleted_at   timestamptz,
	-- A day without a time is due when it ends; UTC serves for the order alone.
	due_order    timestamptz generated always as (coalesce(due_at, (due_on + 1)::timestamp at time zone 'UTC')) stored,
	search       text not null generated always as (lower(subject)) stored,
	check (due_on is null or due_at is null),
	check ((status = 'done') = (completed_at is not null)),
	check ((subject_type = '') = (subject_id is null))
);
create index tasks_by_subject on tasks (subject, id) where deleted_at is null;
create index tasks_by_type on tasks (type, id) where deleted_at is null;
create index tasks_by_status on tasks (status, id) where deleted_at is null;
create index tasks_by_priority on tasks (priority, id) where deleted_at is null;
create index tasks_by_due on tasks (due_order, id) where deleted_at is null;
create index tasks_by_assignee on tasks (assignee_id, id) where deleted_at is null;
create index tasks_by_updated_at on tasks (updated_at, id) where deleted_at is null;
create index tasks_by_created_at on tasks (created_at, id) where deleted_at is null;
create index tasks_day on tasks (assignee_id, due_order, id) where deleted_at is null and status <> 'done';
create index tasks_reminders on tasks (assignee_id, remind_at) where deleted_at is null and status <> 'done' and remind_at is not null;
create index tasks_about on tasks (subject_id, due_order, id) where deleted_at is null;
create index tasks_next on tasks (next_id) where next_id is not null;
create index tasks_search on tasks using gin (search ext.gin_trgm_ops) with (fastupdate = off);
create index tasks_prefix_subject on tasks (lower(subject) text_pattern_ops);

create table notes (
	id           uuid primary key,
	subject_type text not null,
	subject_id   uuid not null,
	kind         text not null default 'note' check (kind in ('note', 'call', 'email', 'meeting')),
	body         text not null check (body <> ''), -- Markdown
	pinned       boolean not null default false,
	mentions     uuid[] not null default '{}', -- members
	author_id    uuid references members,
	version      integer not null default 1,
	created_at   timestamptz not null default now(),
	updated_at   timestamptz not null default now(),
	deleted_at   timestamptz
);
create index notes_subject on notes (subject_id, created_at, id) where deleted_at is null;
create index notes_pinned on notes (subject_id, created_at) where deleted_at is null and pinned;
create index notes_mentions on notes using gin (mentions) with (fastupdate = off);

-- The trash, and what its job looks for.
create index customers_trash on customers (deleted_at, id) where deleted_at is not null;
create index contacts_trash on contacts (deleted_at, id) where deleted_at is not null;
create index leads_trash on leads (deleted_at, id) where deleted_at is not null;
create index deals_trash on deals (deleted_at, id) where deleted_at is not null;
create index projects_trash on projects (deleted_at, id) where deleted_at is not null;
create index tasks_trash on tasks (deleted_at, id) where deleted_at is not null;

select ext.grant_table(t, 'select, insert, update, delete')
from unnest(array['contacts', 'pipelines', 'stages', 'leads', 'deals', 'projects', 'tasks', 'notes']) t;
select ext.grant_table('changes', 'select');

-- +goose StatementBegin
do $$
declare t text[];
begin
	foreach t slice 1 in array array[['customers', 'customer'], ['contacts', 'contact'], ['leads', 'lead'], ['deals', 'deal'],
		['projects', 'project'], ['tasks', 'task'], ['notes', 'note'], ['taggings', 'tagging'], ['pipelines', 'pipeline'], ['stages', 'stage'], ['tags', 'tag']] loop
		execute format('create trigger log_change after insert or update or delete on %I for each row execute function ext.log_change(%L)', t[1], t[2]);
	end loop;
end $$;
-- +goose StatementEnd

-- The pipeline that a new workspace starts with.
insert into pipelines (id, name) values (ext.uuid_v7(), 'Sales');
insert into stages (id, pipeline_id, name, color, probability, outcome, position)
select ext.uuid_v7(), p.id, s.name, s.color, s.probability, s.outcome, s.position
from pipelines p, (values
	('Prospecting', 'gray', 10, 'open', 1), ('Qualification', 'blue', 20, 'open', 2), ('Proposal', 'amber', 50, 'open', 3),
	('Negotiation', 'red', 80, 'open', 4), ('Closed Won', 'green', 100, 'won', 5), ('Closed Lost', 'gray', 0, 'lost', 6)
) s (name, color, probability, outcome, position);
