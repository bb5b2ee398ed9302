-- +goose Up

-- When a password or factor was shown travels with who goes from one host to
-- another: a session made by a hand-off is no fresher than the one it comes from.
-- Nor does it begin anew the time that a session lasts at most.
alter table one_time_tokens add column proved_at timestamptz not null default now(), add column began_at timestamptz not null default now();
create index one_time_tokens_handoff on one_time_tokens (user_id) where purpose = 'handoff';

-- Ids that the database makes are like those that Go makes: version 7 of RFC
-- 9562, which begin with the time (48 bits of milliseconds in place of random
-- ones, and the version's bits set).
create function ext.uuid_v7() returns uuid language sql volatile parallel safe as $$
	select pg_catalog.encode(set_bit(set_bit(
		overlay(uuid_send(gen_random_uuid()) placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6),
		52, 1), 53, 1), 'hex')::uuid
$$;
alter table sessions alter column id set default ext.uuid_v7();
