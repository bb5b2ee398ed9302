-- +goose Up

-- When a password or factor was shown travels with who goes from one host to
-- another: a session made by a hand-off is no fresher than the one it comes from.
alter table one_time_tokens add column proved_at timestamptz not null default now();
create index one_time_tokens_handoff on one_time_tokens (user_id) where purpose = 'handoff';
