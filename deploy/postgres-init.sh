#!/bin/sh
# Runs once, as PostgreSQL's superuser, when the database is made: what
# docs/settings.md asks for.
set -eu
psql -v ON_ERROR_STOP=1 -U postgres -v password="$PADDOCK_DB_PASSWORD" <<'SQL'
create role paddock login createrole password :'password';
create database paddock owner paddock;
\c paddock
revoke execute on function pg_catalog.set_config(text, text, boolean) from public;
grant execute on function pg_catalog.set_config(text, text, boolean) to paddock;
SQL
