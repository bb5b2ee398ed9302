-- +goose Up

-- How somebody's keyboard shortcuts work: by letters alone, with Alt, or not at all (WCAG 2.1.4).
alter table users add column keys text not null default '' check (keys in ('', 'alt', 'off'));
