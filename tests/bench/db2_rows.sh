#!/usr/bin/env bash
# Rows into a private Derby, six ways in turn, Derby's own JDBC driver among them (see db2_bench.cpp), then the memory of 10,000 batches.
#
#   tests/bench/db2_rows.sh [ROUNDS [ROWS]]      BUILD_DIR=build/release BATCHES=10000
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${BUILD_DIR:-build/release}
rows=${2:-50000}
cmake --build "$build" --target db2_bench >/dev/null
bench=$build/bin/db2_bench

work=$(mktemp -d)
trap 'tests/support/derby_fixture.sh stop "$work/server"; rm -rf "$work"' EXIT
tests/support/derby_fixture.sh start "$work/server" --disk --heap 512
mkfifo "$work/to" "$work/from"
tests/bench/jdbc_batch.sh "$(cat "$work/server/jdbc_url")" "$rows" <"$work/to" >"$work/from" &
"$bench" "$(cat "$work/server/url")" "${1:-5}" "$rows" "$work/to" "$work/from"

"$bench" --memory "$(cat "$work/server/url")" "${BATCHES:-10000}"
