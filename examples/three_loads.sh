#!/usr/bin/env bash
# Merges the same file three times, the third time with changes, and compares every count with what the files were made of.
#
# usage: three_loads.sh BIN_DIRECTORY [ROWS]       BIN_DIRECTORY holds millrace, make_table and generate_transactions
#
# ROWS (default 1,000,000) rows are loaded into a SQLite database in a temporary folder, which is removed at the end.
set -euo pipefail

bin=$(cd "$1" && pwd)
rows=${2:-1000000}
change_every=10
changed=$(((rows + change_every - 1) / change_every))
new=$((rows / 200))

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# expect REPORT FIELD=NUMBER...: every field of the JSON report has the number.
expect() {
  local report=$1 pair field wanted found wrong=0
  shift
  for pair in "$@"; do
    field=${pair%%=*} wanted=${pair#*=}
    found=$(sed -nE "s/^ *\"$field\": *(\"[^\"]*\"|[^,]*),?\$/\\1/p" "$report" | head -n 1)
    [ "$found" = "$wanted" ] && continue
    echo "three_loads: $field is ${found:-missing}, expected $wanted" >&2
    wrong=1
  done
  [ "$wrong" = 0 ] || { echo "three_loads: the report was:" >&2; cat "$report" >&2; exit 1; }
  echo "As expected: $*"
}

# load FILE REPORT: the text report goes to the terminal, the same as JSON into REPORT.
load() {
  "$bin/millrace" load "$1" --to sqlite:demo.db --table transactions --key acct_id,prod_cd --progress never --report "$2"
}

"$bin/make_table" sqlite:demo.db transactions
"$bin/generate_transactions" "$rows" >transactions.csv
"$bin/generate_transactions" "$rows" "$change_every" "$new" >changed.csv

printf '\n--- 1. %d rows into an empty table\n\n' "$rows"
load transactions.csv first.json
expect first.json read="$rows" rejected=0 duplicates=0 inserted="$rows" updated=0 unchanged=0 target_rows="$rows" reconciled=true 'state="published"'

printf '\n--- 2. The same file again: nothing may change\n\n'
load transactions.csv second.json
expect second.json read="$rows" inserted=0 updated=0 unchanged="$rows" target_rows="$rows" reconciled=true 'state="published"'

printf '\n--- 3. A new file: %d amounts changed, %d rows new\n\n' "$changed" "$new"
load changed.csv third.json
expect third.json read=$((rows + new)) inserted="$new" updated="$changed" unchanged=$((rows - changed)) target_rows=$((rows + new)) \
  reconciled=true 'state="published"'

printf '\nAll counts are as the files were made.\n'
