#!/usr/bin/env bash
# Rows through psqlODBC into a private PostgreSQL, five ways in turn (see odbc_bench.cpp), then the memory of 10,000 batches through SQLite's driver.
#
#   tests/bench/odbc_rows.sh [ROUNDS [ROWS]]      BUILD_DIR=build/release BATCHES=10000
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${BUILD_DIR:-build/release}
drivers=$(dirname "$(find /usr/lib /usr/lib64 -name psqlodbcw.so 2>/dev/null | head -n 1)")
[ -e "$drivers/libsqlite3odbc.so" ] || { echo "odbc_rows: install odbc-postgresql and libsqliteodbc (scripts/setup does)" >&2; exit 1; }
cmake --build "$build" --target odbc_bench >/dev/null

work=$(mktemp -d)
trap 'tests/support/postgres_fixture.sh stop "$work/server"; rm -rf "$work"' EXIT
tests/support/postgres_fixture.sh start "$work/server"
port=$(cat "$work/server/port")
"$build/bin/odbc_bench" "odbc:Driver=$drivers/psqlodbcw.so;Server=127.0.0.1;Port=$port;Database=postgres;UID=postgres" \
  "postgresql://postgres@127.0.0.1:$port/postgres" "${1:-5}" "${2:-50000}"

"$build/bin/odbc_bench" --memory "odbc:Driver=$drivers/libsqlite3odbc.so;Database=:memory:" "${BATCHES:-10000}"
