# Sourced by run.sh: a container engine, the one that answers or a private one, and the tools that it needs.

engine_pid=""       # of the private engine
engines_network=()  # begins a command that has to be where the published ports are

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
engine_answers() { docker version >/dev/null 2>&1; }
compose() { if docker compose version >/dev/null 2>&1; then docker compose "$@"; else docker-compose "$@"; fi; }

# install_tools COMMAND:PACKAGE ...: installs the packages whose commands are missing.
install_tools() {
  local pair missing=()
  for pair in "$@"; do command -v "${pair%%:*}" >/dev/null || [ -x "/usr/sbin/${pair%%:*}" ] || missing+=("${pair##*:}"); done
  [ ${#missing[@]} = 0 ] && return 0
  command -v apt-get >/dev/null || { echo "docker: this system has no apt-get; install by hand: ${missing[*]}" >&2; return 1; }
  echo "docker: installing ${missing[*]}" >&2
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# start_engine RUN DATA: a daemon that listens on RUN/docker.sock only and keeps its images in DATA. It has a network namespace of its own:
# its bridges, ports and firewall rules meet nobody else's, and are gone when it is. It ends with this shell, however that ends.
start_engine() {
  local run=$1 data=$2 waited=0
  [ "$(id -u)" = 0 ] || { echo "docker: no container engine answers, and only root can start one: start the system's, or run this as root" >&2; return 1; }
  mkdir -p "$data"
  exec 9>"$data.lock"
  flock -w 60 9 || { echo "docker: another run works with $data" >&2; return 1; }
  setsid setpriv --pdeathsig TERM unshare --net sh -c 'ip link set lo up && exec dockerd "$@"' dockerd --storage-driver=vfs --bridge=none --userland-proxy=false \
    --data-root "$data" --exec-root "$run/exec" --pidfile "$run/docker.pid" -H "unix://$run/docker.sock" >"$run/dockerd.log" 2>&1 </dev/null &
  engine_pid=$!
  export DOCKER_HOST=unix://$run/docker.sock
  engines_network=(nsenter --target "$engine_pid" --net)
  while ! engine_answers; do
    if ! kill -0 "$engine_pid" 2>/dev/null || [ $((waited += 1)) -gt 300 ]; then
      echo "docker: the engine does not start:" >&2
      tail -n 20 "$run/dockerd.log" >&2
      return 1
    fi
    sleep 0.2
  done
  # What a run left behind that could not clean up.
  docker ps -aq | xargs -r docker rm --force --volumes >/dev/null
  docker network prune --force >/dev/null
}

stop_engine() {
  [ -n "$engine_pid" ] || return 0
  kill "$engine_pid" 2>/dev/null || true
  for _ in $(seq 150); do kill -0 "$engine_pid" 2>/dev/null || break; sleep 0.2; done
  kill -KILL "$engine_pid" 2>/dev/null || true
  wait "$engine_pid" 2>/dev/null || true
  engine_pid=""
}
