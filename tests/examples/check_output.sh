#!/usr/bin/env bash
# Runs a command in a fresh directory and checks its exit status and its output.
#
# usage: check_output.sh DIRECTORY STATUS REGEX COMMAND...
set -uo pipefail

directory=$1 wanted=$2 regex=$3
shift 3
rm -rf "$directory"
mkdir -p "$directory"
cd "$directory" || exit 1

output=$("$@" 2>&1)
status=$?
printf '%s\n' "$output"
if [ "$status" != "$wanted" ]; then
  echo "check_output: exit status $status, expected $wanted" >&2
  exit 1
fi
grep -qE -- "$regex" <<<"$output" || { echo "check_output: the output does not match '$regex'" >&2; exit 1; }
