#!/usr/bin/env bash
# Builds the servers' images from this system's own packages, where no image registry can be asked. Needs root and debootstrap.
#
#   build_images.sh postgres|derby ...     prints NAME=IMAGE for each
#
# An image is built once: its tag is made of everything that it depends on. debootstrap's packages are kept in
# ${MILLRACE_DOCKER_CACHE}/packages, the images in the engine.
set -euo pipefail
cd "$(dirname "$0")"
cache=${MILLRACE_DOCKER_CACHE:?names the directory for what is kept between runs}
. /etc/os-release
components=main
[ "$ID" != ubuntu ] || components=main,universe

work=""
clean_up() {
  [ -n "$work" ] || return 0
  umount "$work" 2>/dev/null || true
  rm -rf --one-file-system "$work"
  work=""
}
trap clean_up EXIT
trap 'exit 143' INT TERM

declare -A packages=([postgres]=postgresql [derby]=default-jre-headless,libderby-java,libderbyclient-java,derby-tools)
declare -A port=([postgres]=5432 [derby]=1527)
declare -A data=([postgres]=/var/lib/postgresql/data [derby]=/var/lib/derby)

# The mirror that this machine takes its own packages from, in apt's own words: its owner chose it.
mirror() { apt-get indextargets --format '$(SITE)' 'Identifier: Packages' "Codename: $VERSION_CODENAME" 'Component: main' | head -n 1; }

build() {
  local name=$1 image=$2
  work=$(mktemp -d "${TMPDIR:-/tmp}/millrace-image.XXXXXX")
  # In memory where there is plenty: the package manager waits for a disk at every file.
  if [ "$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)" -gt 4000000 ]; then mount -t tmpfs -o mode=700 tmpfs "$work" 2>/dev/null || true; fi
  mkdir -p "$cache/packages"
  debootstrap --variant=minbase --components="$components" --include="${packages[$name]}" --cache-dir="$(realpath "$cache/packages")" \
    "$VERSION_CODENAME" "$work/root" "$(mirror)" >"$work/log" 2>&1 ||
    { echo "build_images: debootstrap failed:" >&2; tail -n 20 "$work/log" "$work/root/debootstrap/debootstrap.log" >&2; return 1; }
  install -m 755 "$name/"* "$work/root/usr/local/bin/"
  # What the entry scripts make anew, and what no server needs.
  rm -rf "$work/root"/var/lib/postgresql/* "$work/root"/etc/postgresql/*/main "$work/root"/var/lib/apt/lists/* "$work/root"/var/cache/apt/*
  tar -C "$work/root" --exclude=./proc/* --exclude=./sys/* --exclude=./usr/share/{doc,man,locale,icons} -c . |
    docker import --change 'ENTRYPOINT ["entrypoint.sh"]' --change "CMD [\"$name\"]" --change "EXPOSE ${port[$name]}" --change "VOLUME ${data[$name]}" - "$image" >/dev/null
  clean_up
}

for name in "$@"; do
  inputs=$(cat build_images.sh "$name"/* <(echo "$VERSION_CODENAME $(dpkg --print-architecture)") | sha256sum | cut -c 1-12)
  image=millrace-local/$name:$inputs
  if ! docker image inspect "$image" >/dev/null 2>&1; then
    echo "build_images: building $image from the packages of $VERSION_CODENAME" >&2
    outdated=$(docker image ls -q "millrace-local/$name")
    build "$name" "$image"
    [ -z "$outdated" ] || docker image rm --force $outdated >/dev/null 2>&1 || true
  fi
  echo "$name=$image"
done
