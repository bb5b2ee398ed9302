-- +goose Up
-- A form that is sent after its session has ended waits for its person to sign in again.
alter table one_time_tokens drop constraint one_time_tokens_purpose_check,
	add constraint one_time_tokens_purpose_check check (purpose in ('handoff', 'verify', 'email', 'reset', 'passkey', 'oidc', 'signup', 'enrolment', 'held'));
