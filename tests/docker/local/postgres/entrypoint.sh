#!/usr/bin/env bash
# Behaves like the entry point of the official postgres image as far as compose.yml needs: POSTGRES_PASSWORD, POSTGRES_HOST_AUTH_METHOD,
# POSTGRES_DB, POSTGRES_INITDB_ARGS, and a command `postgres [options]`. Until the cluster is made nothing listens on TCP.
set -euo pipefail
[ "${1:-}" = postgres ] || exec "$@"
shift

data=/var/lib/postgresql/data
PATH=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1):$PATH
as_postgres() { setpriv --reuid postgres --regid postgres --init-groups "$@"; }
install -d -o postgres -g postgres -m 700 "$data"
install -d -o postgres -g postgres -m 775 /run/postgresql
cd "$data"

if [ ! -s "$data/PG_VERSION" ]; then
  # shellcheck disable=SC2086  # the variable holds several arguments
  as_postgres initdb -D "$data" -U postgres --auth-local=trust --auth-host="${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" --no-sync ${POSTGRES_INITDB_ARGS:-}
  echo "host all all all ${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >>"$data/pg_hba.conf"
  as_postgres pg_ctl -D "$data" -o "-c listen_addresses=''" -w start
  as_postgres psql -v ON_ERROR_STOP=1 -X -U postgres -v password="${POSTGRES_PASSWORD:?}" -v database="${POSTGRES_DB:-postgres}" <<'SQL'
ALTER ROLE postgres PASSWORD :'password';
SELECT format('CREATE DATABASE %I', :'database') WHERE :'database' <> 'postgres' \gexec
SQL
  as_postgres pg_ctl -D "$data" -m fast -w stop
fi
exec setpriv --reuid postgres --regid postgres --init-groups postgres -D "$data" -c listen_addresses='*' "$@"
