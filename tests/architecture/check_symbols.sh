#!/usr/bin/env bash
# Fails when a library of core refers to a symbol of a database client.
#
# usage: check_symbols.sh NM LIBRARY...
set -euo pipefail

nm=$1
shift
symbols=$("$nm" --undefined-only --no-sort "$@" 2>/dev/null | awk '$1 == "U" { print $2 }' | sort -u)
[ "$(wc -l <<<"$symbols")" -gt 20 ] || { echo "check_symbols: $nm shows next to nothing of $*" >&2; exit 1; }
clients=$(grep -E '^(PQ[a-z]|pg_[a-z]|sqlite3_|SQL[A-Z][a-z]|_ZNK?4soci)' <<<"$symbols" || true)
if [ -n "$clients" ]; then
  printf 'core refers to symbols of a database client:\n%s\n' "$clients" >&2
  exit 1
fi
echo "none of $(wc -l <<<"$symbols") undefined symbols belongs to a database client"
