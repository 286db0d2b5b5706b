#!/usr/bin/env bash
# Runs a command with the URL of a new, empty Derby database in DATABASE_URL; it is in the server's memory, and ends with the server.
#
# usage: with_derby.sh URL_FILE COMMAND...       URL_FILE holds the URL of a database of that server; without it: exit 77
set -uo pipefail

url_file=$1
shift
if [ ! -s "$url_file" ]; then
  echo "with_derby: no Derby server is up, so this is skipped" >&2
  exit 77
fi
server=$(cat "$url_file")
DATABASE_URL="${server%/*}/memory:example_$$;create=true" exec "$@"
