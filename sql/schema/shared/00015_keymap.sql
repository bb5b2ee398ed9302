-- +goose Up

-- The keys that somebody presses in place of the shortcuts' own: "c=x o=h".
alter table users add column keymap text not null default '' check (length(keymap) <= 200);
