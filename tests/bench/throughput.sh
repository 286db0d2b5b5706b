#!/usr/bin/env bash
# What `millrace load` reaches against psql and the sqlite3 shell, in interleaved runs of whole processes, with validation and ledger.
#
#   tests/bench/throughput.sh [BUILD_DIR]        default build/release; ROUNDS=5
#
# Needs the comparison kit (MILLRACE_BENCH, default ../shared/bench beside the repository), postgresql, g++, python3, sqlite3; run as root (the server
# runs as postgres). Prints a table per data set, then PASS or FAIL for each ratio that is asked for.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "${1:-$here/build/release}" && pwd)
kit=$(cd "${MILLRACE_BENCH:-$here/../shared/bench}" && pwd)
export BENCH_DIR=${BENCH_DIR:-$(mktemp -d /tmp/millrace-bench-XXXXXX)} BENCH_PORT=${BENCH_PORT:-$((20000 + RANDOM % 12000))}
rounds=${ROUNDS:-5}
chmod 755 "$BENCH_DIR"
trap '"$kit/cluster.sh" stop; rm -rf "$BENCH_DIR"' EXIT
"$kit/cluster.sh" start
"$kit/cluster.sh" data 2>/dev/null

failed=0
# expect NAME RATIO LEAST
expect() {
  if awk -v a="$2" -v b="$3" 'BEGIN { exit !(a >= b) }'; then echo "PASS  $1: $2 (at least $3 is asked for)"; else echo "FAIL  $1: $2 (at least $3 is asked for)"; failed=1; fi
}
url="'postgresql:///postgres?host=$BENCH_DIR/sock&port=$BENCH_PORT&user=postgres'"
load() { echo "$build/bin/millrace load {file} --no-header --to $url --table {table} --progress never --writers $1"; }
for set in a b; do
  "$kit/compare.py" -d $set -r "$rounds" -p psql_csv,psql_csv_x2 -l "millrace_1=$(load 1)" -l "millrace_2=$(load 2)" | tee "$BENCH_DIR/$set.txt"
  for writers in 1 2; do
    ratio=$(awk -v name="millrace_$writers" '$1 == name { print $(NF - 3) }' "$BENCH_DIR/$set.txt")
    case $set$writers in a1) least=1.2 ;; a2) least=1.5 ;; b1) least=1.2 ;; b2) least=1.7 ;; esac
    expect "data set $set, $writers writer(s) against psql \\copy csv" "$ratio" $least
  done
done

echo "SQLite, data set a appended, $rounds interleaved rounds:"
python3 - "$build/bin/millrace" "$BENCH_DIR" "$rounds" <<'PYTHON' | tee "$BENCH_DIR/sqlite.txt"
import os, statistics, subprocess, sys, time
millrace, folder, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
file, database = f"{folder}/data/a.csv", f"{folder}/a.db"
rows = int(open(file + ".rows").read())
ways = {"sqlite3 .import": ["sqlite3", database, "-cmd", ".mode csv", f".import {file} perf_a"],
        "millrace": [millrace, "load", file, "--no-header", "--to", f"sqlite:{database}", "--table", "perf_a", "--progress", "never"]}
times = {name: [] for name in ways}
for _ in range(rounds):
    for name, command in ways.items():
        for suffix in ("", "-journal", "-wal"):
            if os.path.exists(database + suffix): os.remove(database + suffix)
        subprocess.run(["sqlite3", database, "create table perf_a (acct_id varchar(20), prod_cd varchar(10), tran_amt decimal(15,2), tran_dt date)"], check=True)
        began = time.monotonic()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times[name].append(time.monotonic() - began)
        count = subprocess.run(["sqlite3", database, "select count(*) from perf_a"], check=True, capture_output=True, text=True).stdout.strip()
        assert int(count) == rows, (name, count)
base = statistics.median(times["sqlite3 .import"])
for name, seconds in times.items():
    print(f"{name:18} {statistics.median(seconds):7.3f} s  {min(seconds):.2f}-{max(seconds):.2f}  ratio {base / statistics.median(seconds):.2f}")
PYTHON
expect "SQLite, data set a against the sqlite3 shell's .import" "$(awk '/^millrace/ { print $NF }' "$BENCH_DIR/sqlite.txt")" 1.5
exit $failed
