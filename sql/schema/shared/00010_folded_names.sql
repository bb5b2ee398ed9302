-- +goose Up
-- Operators find people and workspaces as their members are found: whatever the marks.
create index users_folded on users using gin ((email || ' ' || ext.fold(name)) ext.gin_trgm_ops) with (fastupdate = off);
create index tenants_folded on tenants using gin ((coalesce(slug, '') || ' ' || ext.fold(name)) ext.gin_trgm_ops) with (fastupdate = off);
drop index users_search;
drop index tenants_search;
