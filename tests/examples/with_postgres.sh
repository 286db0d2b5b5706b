#!/usr/bin/env bash
# Runs a command with a new, empty PostgreSQL database in DATABASE_URL, and drops the database afterwards.
#
# usage: with_postgres.sh URL_FILE COMMAND...       URL_FILE holds the superuser's URL, .../postgres; without it: exit 77
set -uo pipefail

url_file=$1
shift
if [ ! -s "$url_file" ]; then
  echo "with_postgres: no PostgreSQL server is up, so this is skipped" >&2
  exit 77
fi
admin=$(cat "$url_file")
name=millrace_example_$$
psql -X -q "$admin" -c "CREATE DATABASE $name" || exit 1
trap 'psql -X -q "$admin" -c "DROP DATABASE $name WITH (FORCE)"' EXIT

DATABASE_URL="${admin%/*}/$name" "$@"
