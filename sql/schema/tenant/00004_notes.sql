-- +goose Up
-- paddock: required

-- A note as it is shown, made when it is written. html_mark is the program's own proof
-- that html was made by it, of this body: what does not match is made anew.
alter table notes
	add column html      text not null default '',
	add column html_mark text not null default '';

-- A line of the log is short, and a transaction writes a few: the workspace's role may
-- call this for what it does.
-- +goose StatementBegin
create or replace function write_audit(action text, subject text, ip text, device text) returns void
language sql security definer set search_path from current as $$
	insert into audit (member_id, actor, action, subject, ip, device)
	select m.id, coalesce((select name from members where members.id = m.id), ''), left($1, 80), left($2, 300), left($3, 60), left($4, 300)
	from (select nullif(current_setting('paddock.member_id', true), '')::uuid as id) m
	where (select count(*) from (select from audit where at = now() limit 20) few) < 20
$$;
-- +goose StatementEnd
