#!/usr/bin/env bash
# A private PostgreSQL cluster for tests.
#
#   postgres_fixture.sh start DIR [--password-auth] [--owner PID] [SETTING=VALUE ...]
#   postgres_fixture.sh stop DIR        ends it and removes everything
#   postgres_fixture.sh crash DIR       stops it without a shutdown checkpoint; `resume` starts it again on the same port
#   postgres_fixture.sh shut_down DIR   stops it in order, ending its sessions; `resume` as after crash
#   postgres_fixture.sh resume DIR
#   postgres_fixture.sh available       succeeds when a server is installed, exits 77 otherwise
#
# DIR names the cluster: DIR/url is the superuser's URL over TCP, DIR/socket_url the same through the Unix socket, which
# needs no password. The data lies in a folder of its own under ${TMPDIR:-/tmp}, where the server's user may read it and
# where the path of a socket is short enough. What an earlier run left in DIR is removed first. With --owner the cluster
# ends when that process does, however it does.
set -euo pipefail

command=${1:-} directory=${2:-}
[ $# -lt 2 ] && shift $# || shift 2

find_binaries() {
  local candidate
  if candidate=$(command -v initdb 2>/dev/null); then dirname "$candidate"; return; fi
  for candidate in $(ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin 2>/dev/null | sort -rV); do
    if [ -x "$candidate/initdb" ]; then echo "$candidate"; return; fi
  done
}
binaries=$(find_binaries)
if [ -z "$binaries" ] && [ "$command" != stop ]; then
  echo "postgres_fixture: no PostgreSQL server is installed (Debian, Ubuntu: postgresql); its tests are skipped" >&2
  exit 77
fi

# initdb and the server refuse to run as root.
as_server() { if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi; }
server_start() { as_server "$binaries/pg_ctl" -D "$1/data" -l "$1/log" -w -t 60 start >/dev/null; }
server_stop() {  # by process id, and only if it is still this cluster's
  [ -s "$1/data/postmaster.pid" ] || return 0
  as_server "$binaries/pg_ctl" -D "$1/data" -m "${2:-immediate}" -w stop >/dev/null 2>&1 || true
}

remove_cluster() {
  local cluster
  if [ -s "$directory/cluster" ]; then
    cluster=$(cat "$directory/cluster")
    server_stop "$cluster"
    rm -rf "$cluster"
  fi
  rm -f "$directory/cluster" "$directory/url" "$directory/socket_url" "$directory/port"
}

start_on_free_port() {  # a taken port is found out by trying it
  local cluster=$1 attempt
  for attempt in $(seq 20); do
    port=$((20000 + RANDOM % 12000))
    echo "port = $port" >"$cluster/data/port.conf"
    if server_start "$cluster" 2>/dev/null; then return 0; fi
  done
  echo "postgres_fixture: the server does not start:" >&2
  tail -n 20 "$cluster/log" >&2
  return 1
}

start() {
  local host_auth=trust owner="" cluster setting
  local settings=()
  while [ $# -gt 0 ]; do
    case $1 in
      --password-auth) host_auth=scram-sha-256 ;;
      --owner) owner=$2; shift ;;
      *) settings+=("$1") ;;
    esac
    shift
  done
  mkdir -p "$directory"
  remove_cluster
  cluster=$(mktemp -d "${TMPDIR:-/tmp}/millrace-pg.XXXXXX")
  [ "$(id -u)" != 0 ] || chown postgres "$cluster"
  echo "$cluster" >"$directory/cluster"
  as_server "$binaries/initdb" -D "$cluster/data" -U postgres --auth-local=trust --auth-host="$host_auth" \
    --encoding=UTF8 --locale=C --no-sync >/dev/null
  {
    echo "listen_addresses = '127.0.0.1'"
    echo "unix_socket_directories = '$cluster'"
    echo "include 'port.conf'"
    echo "fsync = off"
    echo "max_connections = 50"
    for setting in "${settings[@]}"; do echo "${setting%%=*} = '${setting#*=}'"; done
  } >>"$cluster/data/postgresql.conf"
  start_on_free_port "$cluster"
  echo "$port" >"$directory/port"
  echo "postgresql:///postgres?host=$cluster&port=$port&user=postgres" >"$directory/socket_url"
  echo "postgresql://postgres@127.0.0.1:$port/postgres" >"$directory/url"
  if [ -n "$owner" ]; then
    setsid "$0" watch "$directory" "$owner" </dev/null >/dev/null 2>&1 &
  fi
}

watch() {
  while kill -0 "$1" 2>/dev/null && [ -s "$directory/cluster" ]; do sleep 1; done
  remove_cluster
  rmdir "$directory" 2>/dev/null || true
}

case $command in
  start) start "$@" ;;
  stop) remove_cluster; rmdir "$directory" 2>/dev/null || true ;;
  crash) server_stop "$(cat "$directory/cluster")" ;;
  shut_down) server_stop "$(cat "$directory/cluster")" fast ;;
  resume) server_start "$(cat "$directory/cluster")" ;;
  watch) watch "$@" ;;
  available) ;;
  *) sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
esac
