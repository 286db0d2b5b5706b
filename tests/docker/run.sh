#!/usr/bin/env bash
# Runs the suites that need a server against servers in containers, then the faults that only containers allow. `scripts/test --docker`
# calls it when everything is built.
#
#   run.sh [--local-images] [--quick | --only-faults] [--without-faults] [ctest options]
#
#   --local-images     builds the images of PostgreSQL and Derby from this system's packages instead of asking a registry
#   --quick            leaves out the black-box tests of loads (load_*), which take the most time
#   ctest options      choose the tests that run; default: all that talk to a server
#
#   MILLRACE_DOCKER_SERVICES   services of compose.yml: postgres, derby, db2 (default: postgres, with --local-images derby as well)
#   MILLRACE_POSTGRES_IMAGE, MILLRACE_DERBY_IMAGE, MILLRACE_DB2_IMAGE    images of your own, also with --local-images
#   MILLRACE_DOCKER_CACHE      what is kept between runs: images and packages (default: ~/.cache/millrace-docker)
#   MILLRACE_BUILD_DIR         the build under test (default: build/release)
#
# The engine is the one that answers, else one of its own, which needs root. Everything is taken down at the end, after a failure and an interrupt too.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=${MILLRACE_BUILD_DIR:-$(cd "$here/../.." && pwd)/build/release}
. "$here/engine.sh"

local_images=0 quick=0 suites=1 faults=1
while [ $# -gt 0 ]; do
  case $1 in
    --local-images) local_images=1 ;;
    --quick) quick=1 ;;
    --only-faults) suites=0 ;;
    --without-faults) faults=0 ;;
    --help) sed -n '2,18s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) break ;;
  esac
  shift
done
export MILLRACE_KILLS=${MILLRACE_KILLS:-4}

export MILLRACE_DOCKER_CACHE=${MILLRACE_DOCKER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/millrace-docker}
export MILLRACE_DOCKER_PASSWORD=${MILLRACE_DOCKER_PASSWORD:-millrace-1}
services=postgres
[ $local_images = 0 ] || services="postgres derby"
read -ra services <<<"${MILLRACE_DOCKER_SERVICES:-$services}"
has() { [[ " ${services[*]} " == *" $1 "* ]]; }

# The tests that talk to a server that is up; not those that only start one of their own, nor those that fetch packages: the private
# engine's network leads nowhere. A fixture whose server is up in a container is not started.
fixtures=database_servers
if has postgres; then fixtures+='|postgres_cluster'; fi
if has derby || has db2; then fixtures+='|derby_server'; fi
if [ $# = 0 ]; then
  others='Sqlite3|_(start|stop)$|fault driver without faults|derby_fixture|millrace_ibm|load_(memory|interruption_server|db2|db2_faults|db2_unreachable)_test'
  has derby || has db2 || others+='|Db2'
  [ $quick = 0 ] || others+='|load_'
  set -- -L '^(conformance|postgresql|db2|odbc|integration)$' -LE '^(arrow|examples)$' -E "$others"
  has postgres || set -- "$@" -R '[Dd]b2|[Dd]erby'
fi
say() { printf 'docker: %s (after %d s)\n' "$*" "$SECONDS" >&2; }
[ -x "$build/bin/millrace" ] || { echo "docker: there is no build in $build; scripts/test makes one" >&2; exit 1; }

# ---- Taking down

run=$(mktemp -d "${TMPDIR:-/tmp}/millrace-docker.XXXXXX")
project=$(basename "$run" | tr -cd 'A-Za-z0-9-' | tr 'A-Z' 'a-z')
composed=0 child=""
compose_ours() {
  local service profiles=()
  for service in "${services[@]}"; do profiles+=(--profile "$service"); done
  compose --project-name "$project" --file "$here/compose.yml" "${profiles[@]}" "$@"
}
take_down() {
  local status=$?
  trap '' INT TERM HUP
  [ -z "$child" ] || { kill -TERM -- "-$child" 2>/dev/null || true; wait "$child" 2>/dev/null || true; }
  if [ $composed = 1 ]; then
    compose_ours kill >/dev/null 2>&1 || true  # nobody needs an orderly shutdown
    compose_ours down --volumes --remove-orphans >/dev/null 2>&1 || echo "docker: the project $project was not taken down" >&2
  fi
  stop_engine
  rm -rf "$run"
  say "ended with status $status"
}
trap take_down EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# In the background and waited for: bash would look at a signal only after a command in the foreground.
run_child() {
  local status=0
  setsid "$@" 9>&- &
  child=$!
  wait "$child" || status=$?
  child=""
  return $status
}

# ---- Servers

free_port() { "${engines_network[@]}" python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
container_of() { compose_ours ps -q "$1"; }
give_up() { compose_ours logs --tail=40 "$1" >&2 || true; echo "docker: $1 $2" >&2; exit 1; }

# wait_until_healthy SERVICE SECONDS [TEXT]: TEXT has to be in its log as well.
wait_until_healthy() {
  local container health deadline=$((SECONDS + $2))
  container=$(container_of "$1")
  until health=$(docker inspect --format '{{.State.Status}} {{.State.Health.Status}}' "$container")
        [ "$health" = "running healthy" ] && { [ -z "${3:-}" ] || docker logs "$container" 2>&1 | grep -qF "$3"; }; do
    case $health in exited*|dead*|*unhealthy) give_up "$1" "does not work: $health" ;; esac
    [ $SECONDS -lt $deadline ] || give_up "$1" "is not healthy after $2 s: $health"
    sleep 1
  done
}

tools=(docker:docker.io iptables:iptables nsenter:util-linux tc:iproute2)
docker compose version >/dev/null 2>&1 || tools+=(docker-compose:docker-compose)
[ $local_images = 0 ] || tools+=(debootstrap:debootstrap)
install_tools "${tools[@]}"
if ! engine_answers; then
  start_engine "$run" "$MILLRACE_DOCKER_CACHE/engine"
  say "a private engine runs"
fi

for service in "${services[@]}"; do
  image=MILLRACE_${service^^}_IMAGE port=MILLRACE_${service^^}_PORT
  if [ $local_images = 1 ] && [ "$service" != db2 ] && [ -z "${!image:-}" ]; then
    built=$(as_root env "MILLRACE_DOCKER_CACHE=$MILLRACE_DOCKER_CACHE" ${DOCKER_HOST:+"DOCKER_HOST=$DOCKER_HOST"} "$here/local/build_images.sh" "$service")
    export "$image=${built#*=}"
    say "$service is the image ${!image}"
  fi
  # Chosen here, as a container keeps its port over a restart only if it was asked for by number.
  export "$port=${!port:-$(free_port)}"
done
composed=1
compose_ours up -d --quiet-pull "${services[@]}" >"$run/up.log" 2>&1 || { cat "$run/up.log" >&2; exit 1; }
for service in "${services[@]}"; do
  case $service in
    postgres)
      wait_until_healthy postgres 180
      export MILLRACE_TEST_POSTGRESQL_URL=postgresql://postgres@127.0.0.1:$MILLRACE_POSTGRES_PORT/postgres
      export MILLRACE_TEST_POSTGRESQL_CONTAINER; MILLRACE_TEST_POSTGRESQL_CONTAINER=$(container_of postgres) ;;
    derby)
      wait_until_healthy derby 180
      export MILLRACE_TEST_DERBY_URL=db2://millrace:$MILLRACE_DOCKER_PASSWORD@127.0.0.1:$MILLRACE_DERBY_PORT/millrace
      export MILLRACE_TEST_DERBY_CONTAINER; MILLRACE_TEST_DERBY_CONTAINER=$(container_of derby) ;;
    db2)
      wait_until_healthy db2 1800 "Setup has completed"
      export MILLRACE_TEST_DB2_URL=db2://db2inst1:$MILLRACE_DOCKER_PASSWORD@127.0.0.1:$MILLRACE_DB2_PORT/millrace ;;
    *) echo "docker: compose.yml has no service $service" >&2; exit 64 ;;
  esac
  say "$service is up"
done

# ---- Tests

failed=0
if [ $suites = 1 ]; then
  # The servers are up: ctest's own cluster is left alone.
  run_child "${engines_network[@]}" ctest --test-dir "$build" --parallel "$(nproc)" --output-on-failure --no-tests=error \
    --fixture-exclude-any "^($fixtures)\$" "$@" || failed=1
  say "the suites $([ $failed = 0 ] && echo passed || echo failed)"
fi
if [ $faults = 1 ]; then
  status=0
  MILLRACE=$build/bin/millrace run_child "${engines_network[@]}" python3 "$here/faults_test.py" || status=$?
  [ $status = 0 ] || [ $status = 77 ] || failed=1  # 77: something was skipped, and said why
  say "the faults ended with status $status"
fi
exit $failed
