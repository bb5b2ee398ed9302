-- +goose Up

-- A link that somebody copied and handed on themselves; unlike the one that was mailed it
-- proves no address. sha-256, null for none.
alter table invitations add column link_hash bytea unique;
