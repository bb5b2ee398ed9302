-- +goose Up
-- paddock: required

alter table members add column avatar text not null default ''; -- as in public.users, followed by a job

-- Who did what to the workspace itself. The tenant's role reads; it writes only
-- by write_audit, and changes or deletes nothing.
create table audit (
	id        bigint generated always as identity primary key,
	at        timestamptz not null default now(),
	member_id uuid, -- null: nobody who is a member, or the system
	actor     text not null, -- the name at that time
	action    text not null,
	subject   text not null,
	ip        text not null,
	device    text not null
);
create index audit_at on audit (at, id);
create index audit_action on audit (action, at, id);
create index audit_member on audit (member_id, at, id);
select ext.grant_table('audit', 'select');

-- write_audit notes what the acting member of this transaction did. Its path is
-- this schema's for good: whoever calls it cannot write elsewhere.
-- +goose StatementBegin
create function write_audit(action text, subject text, ip text, device text) returns void
language sql security definer set search_path from current as $$
	insert into audit (member_id, actor, action, subject, ip, device)
	select m.id, coalesce((select name from members where members.id = m.id), ''), $1, $2, $3, $4
	from (select nullif(current_setting('paddock.member_id', true), '')::uuid as id) m
$$;
-- +goose StatementEnd
select ext.grant_function('write_audit(text, text, text, text)');
