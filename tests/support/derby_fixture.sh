#!/usr/bin/env bash
# A private Apache Derby network server, which speaks Db2's protocol (DRDA), for tests.
#
#   derby_fixture.sh start DIR [--tls] [--disk] [--heap MB] [--owner PID] [PROPERTY=VALUE ...]
#   derby_fixture.sh stop DIR        ends it and removes everything
#   derby_fixture.sh crash DIR       kills it; `resume` starts it again on the same port
#   derby_fixture.sh shut_down DIR   stops it in order, ending its sessions; `resume` as after crash
#   derby_fixture.sh resume DIR
#   derby_fixture.sh pause DIR       its connections stay, and nothing answers; `unpause` lets it go on
#   derby_fixture.sh unpause DIR
#   derby_fixture.sh answers DIR     succeeds when the server answers
#   derby_fixture.sh ij JDBC_URL FILE    runs Derby's own ij with the statements of FILE
#   derby_fixture.sh available       succeeds when a server is installed, exits 77 otherwise
#
# DIR names the server: DIR/url is its db2:// URL, DIR/jdbc_url the same for Derby's own client, DIR/port, DIR/server the folder
# where it lies (tls/ in it has the certificates of make_certificates.sh). The URL's database is in memory, and new after `resume`; with
# --disk it is a folder, and survives a crash. PROPERTYs go to derby.properties. What an earlier run left in DIR is removed first.
# With --owner the server ends when that process does, however it does.
set -euo pipefail

user=millrace password=drda-secret key_store_password=key-store
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
command=${1:-} directory=${2:-}
[ $# -lt 2 ] && shift $# || shift 2

find_jars() {  # Debian's packages, or Derby's own distribution
  local folder
  for folder in ${DERBY_HOME:+"$DERBY_HOME/lib"} /usr/share/java; do
    if [ -e "$folder/derbynet.jar" ] && [ -e "$folder/derbyclient.jar" ] && [ -e "$folder/derbytools.jar" ]; then echo "$folder"; return; fi
  done
}
jars=$(find_jars)
if { [ -z "$jars" ] || ! command -v java >/dev/null; } && [ "$command" != stop ]; then
  echo "derby_fixture: no Derby server is installed (Debian, Ubuntu: libderby-java libderbyclient-java derby-tools default-jre-headless); its tests are skipped" >&2
  exit 77
fi
java_of() {  # JARS; sets `java`: messages in English, and as little start-up work as a JVM can do
  local jar class_path=""
  for jar in "$@" derbyshared; do class_path+=:$jars/$jar.jar; done
  java=(java -XX:+UseSerialGC -XX:-UsePerfData -Duser.language=en -Dfile.encoding=UTF-8 -cp "${class_path#:}")
}

# The process, if it still is this server.
server_pid() {
  local pid
  pid=$(cat "$1/pid" 2>/dev/null) && grep -qzxF -- "-Dderby.system.home=$1" "/proc/$pid/cmdline" 2>/dev/null && echo "$pid"
}
signal_server() { local pid; if pid=$(server_pid "$2"); then kill "-$1" "$pid" 2>/dev/null; else return 1; fi; }
wait_until_gone() { while server_pid "$1" >/dev/null; do sleep 0.02; done; }
kill_server() { if signal_server KILL "$1"; then wait_until_gone "$1"; fi; }

answers() {  # SERVER; to the first message of every DRDA client (EXCSAT) with its reply (EXCSATRD), or to the first one of TLS
  local port
  port=$(cat "$1/port")
  if [ -e "$1/tls" ]; then
    timeout 5 openssl s_client -connect "127.0.0.1:$port" -CAfile "$1/tls/ca.crt" -verify_return_error </dev/null >/dev/null 2>&1
  else
    timeout 5 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$0" && printf "\x00\x0a\xd0\x01\x00\x01\x00\x04\x10\x41" >&3 && head -c 10 <&3 | od -An -tx1' "$port" 2>/dev/null |
      grep -q '14 43$'
  fi
}

run_ij() {  # JDBC_URL FILE
  local script java status=0
  script=$(mktemp "${TMPDIR:-/tmp}/millrace-ij.XXXXXX")
  { echo "connect '$1';"; cat "$2"; } >"$script"
  java_of derbyclient derbytools
  "${java[@]}" -XX:TieredStopAtLevel=1 -Dderby.ui.codeset=UTF-8 -Dij.maximumDisplayWidth=100000 -Dderby.stream.error.file=/dev/null \
    org.apache.derby.tools.ij "$script" || status=$?
  rm -f "$script"
  return "$status"
}

launch() {  # SERVER PORT; returns 2 where the port is taken
  local server=$1 port=$2 deadline=$((SECONDS + 120)) tls=() java pid output
  if [ -e "$server/tls" ]; then
    tls=(-Djavax.net.ssl.keyStore="$server/tls/server.p12" -Djavax.net.ssl.keyStorePassword="$key_store_password")
  fi
  echo "$port" >"$server/port"
  java_of derbynet derby derbytools
  (cd "$server" && exec setsid "${java[@]}" -Xmx"$(cat heap)"m -Dderby.system.home="$server" "${tls[@]}" \
    org.apache.derby.drda.NetworkServerControl start -h 127.0.0.1 -p "$port" -noSecurityManager ${tls:+-ssl basic}) \
    </dev/null >"$server/log" 2>&1 &
  pid=$!
  disown
  echo "$pid" >"$server/pid"
  until grep -qs "ready to accept.* $port\$" "$server/log" && answers "$server"; do
    if ! kill -0 "$pid" 2>/dev/null; then
      if grep -qis "could not listen\|already in use" "$server/log"; then return 2; fi
      return 1
    fi
    if [ $SECONDS -ge $deadline ] || [ ! -e "$server/pid" ]; then  # the second: it was removed while it started
      kill -KILL "$pid" 2>/dev/null
      return 1
    fi
    sleep 0.02
  done
  # The login, and the database that the URL names.
  output=$(run_ij "$(jdbc_url "$server");create=true" /dev/null)
  if grep -q '^ERROR' <<<"$output"; then
    echo "$output" >>"$server/log"
    kill -KILL "$pid" 2>/dev/null
    return 1
  fi
}
jdbc_url() {
  local ssl=""
  [ ! -e "$1/tls" ] || ssl=";ssl=basic"
  echo "jdbc:derby://127.0.0.1:$(cat "$1/port")/$(cat "$1/database")$ssl;user=$user;password=$password"
}
tell_failure() {
  echo "derby_fixture: the server does not start:" >&2
  tail -n 20 "$1/log" >&2 || true
}

remove_server() {
  local server
  if [ -s "$directory/server" ]; then
    server=$(cat "$directory/server")
    kill_server "$server"
    rm -rf "$server"
  fi
  rm -f "$directory/server" "$directory/url" "$directory/jdbc_url" "$directory/port"
}

start() {
  local server tls=0 heap=256 database=memory:millrace owner="" host=127.0.0.1 port attempt failure
  local properties=()
  while [ $# -gt 0 ]; do
    case $1 in
      --tls) tls=1 ;;
      --disk) database=millrace ;;
      --heap) heap=$2; shift ;;
      --owner) owner=$2; shift ;;
      *) properties+=("$1") ;;
    esac
    shift
  done
  mkdir -p "$directory"
  remove_server
  server=$(mktemp -d "${TMPDIR:-/tmp}/millrace-derby.XXXXXX")
  echo "$server" >"$directory/server"
  echo "$heap" >"$server/heap"
  echo "$database" >"$server/database"
  {
    echo "derby.connection.requireAuthentication=true"
    echo "derby.authentication.provider=BUILTIN"
    echo "derby.user.$user=$password"
    echo "derby.locks.waitTimeout=2"
    echo "derby.locks.deadlockTimeout=1"
    echo "derby.locks.escalationThreshold=1000000"
    echo "derby.system.durability=test"
    echo "derby.infolog.append=true"
    [ ${#properties[@]} = 0 ] || printf '%s\n' "${properties[@]}"
  } >"$server/derby.properties"
  if [ -n "$owner" ]; then setsid "$0" watch "$directory" "$owner" </dev/null >/dev/null 2>&1 & fi
  if [ "$tls" = 1 ]; then
    host=localhost  # the name in the certificate
    mkdir "$server/tls"
    "$here/make_certificates.sh" "$server/tls" || exit
    openssl pkcs12 -export -in "$server/tls/server.crt" -inkey "$server/tls/server.key" -out "$server/tls/server.p12" -passout "pass:$key_store_password"
  fi
  for attempt in $(seq 20); do  # a taken port is found out by trying it
    port=$((20000 + RANDOM % 12000)) failure=0
    launch "$server" "$port" || failure=$?
    [ "$failure" = 2 ] || break
  done
  if [ "$failure" != 0 ]; then
    tell_failure "$server"
    remove_server
    return 1
  fi
  echo "$port" >"$directory/port"
  jdbc_url "$server" >"$directory/jdbc_url"
  echo "db2://$user:$password@$host:$port/$database" >"$directory/url"
}

shut_down() {
  local server=$1 tls=() java
  [ ! -e "$server/tls" ] || tls=(-ssl basic)
  java_of derbynet derby derbytools
  "${java[@]}" org.apache.derby.drda.NetworkServerControl shutdown -h 127.0.0.1 -p "$(cat "$server/port")" -user "$user" -password "$password" "${tls[@]}" >/dev/null
  wait_until_gone "$server"
}

resume() {  # the port may still be held by what used it last
  local server=$1 attempt failure=2
  for attempt in $(seq 50); do
    failure=0
    launch "$server" "$(cat "$server/port")" || failure=$?
    [ "$failure" = 2 ] || break
    sleep 0.2
  done
  if [ "$failure" != 0 ]; then
    tell_failure "$server"
    return 1
  fi
}

watch() {
  while kill -0 "$1" 2>/dev/null && [ -s "$directory/server" ]; do sleep 1; done
  remove_server
  rmdir "$directory" 2>/dev/null || true
}

case $command in
  start) start "$@" ;;
  stop) remove_server; rmdir "$directory" 2>/dev/null || true ;;
  crash) kill_server "$(cat "$directory/server")" ;;
  shut_down) shut_down "$(cat "$directory/server")" ;;
  resume) resume "$(cat "$directory/server")" ;;
  pause) signal_server STOP "$(cat "$directory/server")" ;;
  unpause) signal_server CONT "$(cat "$directory/server")" ;;
  answers) answers "$(cat "$directory/server")" ;;
  ij) run_ij "$directory" "$1" ;;
  watch) watch "$@" ;;
  available) ;;
  *) sed -n '2,13s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
esac
