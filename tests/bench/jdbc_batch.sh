#!/usr/bin/env bash
# Rows through Derby's own JDBC client (see JdbcBatch.java).
#
#   tests/bench/jdbc_batch.sh JDBC_URL ROWS          a round for every line "batch" or "row" of the input, until it ends
#   tests/bench/jdbc_batch.sh [ROUNDS [ROWS]]        both ways in turn, into a private server; 5 rounds of 50,000 rows
#
# Needs a Java compiler: javac, or Debian's ecj, which is small.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
fixture=$here/../support/derby_fixture.sh
"$fixture" available
jars=/usr/share/java
[ ! -e "${DERBY_HOME:-}/lib/derbyclient.jar" ] || jars=$DERBY_HOME/lib

work=$(mktemp -d)
trap '"$fixture" stop "$work/server"; rm -rf "$work"' EXIT
if command -v javac >/dev/null; then javac -d "$work" "$here/JdbcBatch.java"
elif command -v ecj >/dev/null; then ecj -11 -proc:none -d "$work" "$here/JdbcBatch.java"
else echo "jdbc_batch: install a Java compiler (Debian, Ubuntu: ecj or default-jdk-headless)" >&2; exit 1; fi

run() { java -Xmx512m -cp "$work:$jars/derbyclient.jar:$jars/derbyshared.jar" JdbcBatch "$@"; }
case ${1:-} in
  jdbc:*) run "$1" "${2:-50000}" ;;
  *)
    "$fixture" start "$work/server" --disk
    for _ in $(seq "${1:-5}"); do echo batch; echo row; done | run "$(cat "$work/server/jdbc_url")" "${2:-50000}" ;;
esac
