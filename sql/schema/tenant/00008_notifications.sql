-- +goose Up
-- paddock: required

-- What a member should know of: somebody gave them something, named them, moved what is theirs.
create table notifications (
	id           uuid primary key,
	member_id    uuid not null references members,
	kind         text not null check (kind in ('assigned', 'handed_over', 'mentioned', 'noted', 'moved', 'won', 'lost', 'due', 'joined', 'exported', 'imported')),
	subject_type text not null default '', -- the record that it is about
	subject_id   uuid,
	actor_id     uuid references members,  -- null: Paddock
	detail       text not null default '', -- what else is said
	n            integer not null default 1, -- how many, of one change
	change_set   uuid,
	at           timestamptz not null default now(),
	read_at      timestamptz,
	mailed_at    timestamptz,
	check ((subject_type = '') = (subject_id is null))
);
create unique index notifications_once on notifications (member_id, change_set, kind);
create index notifications_of on notifications (member_id, at, id);
create index notifications_unread on notifications (member_id) where read_at is null;
create index notifications_about on notifications (subject_id);
create index notifications_set on notifications (change_set) where change_set is not null;
create trigger tell_member after insert or update of read_at on notifications for each row execute function ext.tell_member();

create table followers (
	subject_type text not null,
	subject_id   uuid not null,
	member_id    uuid not null references members,
	primary key (subject_id, member_id)
);

-- When a member is mailed what they have not read.
-- mail_due is since when a job is on its way that mails it.
alter table members add column mail text not null default 'daily' check (mail in ('now', 'daily', 'never')),
	add column mail_due timestamptz;

select ext.grant_table(t, 'select, insert, update, delete') from unnest(array['notifications', 'followers']) t;
