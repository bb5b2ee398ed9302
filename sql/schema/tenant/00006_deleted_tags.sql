-- +goose Up
-- The tags that were deleted lately are found in the change log.
create index changes_deleted_tags on changes (id) where entity = 'tag' and op = 'delete';
