-- +goose Up
-- paddock: required

-- Whoever has seen enough of the first steps sees them no more.
alter table members add column steps_hidden boolean not null default false;
