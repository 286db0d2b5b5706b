#!/usr/bin/env bash
# A certificate authority and what it signed, for tests of TLS.
#
#   make_certificates.sh DIR
#
# makes DIR/ca.crt, DIR/server.crt and .key (for the host name "localhost"), DIR/client.crt and .key (for "postgres"), and DIR/stranger.crt, an
# authority that signed neither. The server's files belong to the server's user. Exits with 77 where there is no openssl.
set -euo pipefail

command -v openssl >/dev/null || { echo "make_certificates: openssl is not installed (Debian, Ubuntu: openssl)" >&2; exit 77; }
cd "$1"
umask 077

new_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }
authority() {
  new_key "$1"
  openssl req -x509 -new -key "$1.key" -subj "/CN=$1" -days 2 -addext basicConstraints=critical,CA:TRUE -out "$1.crt"
}
signed() {  # NAME SUBJECT EXTENSION
  new_key "$1"
  openssl req -new -key "$1.key" -subj "/CN=$2" -out "$1.csr"
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile <(echo "$3") -out "$1.crt" 2>/dev/null
}
authority ca
authority stranger
signed server localhost subjectAltName=DNS:localhost
signed client postgres extendedKeyUsage=clientAuth

chmod 755 .
chmod 644 ./*.crt
[ "$(id -u)" != 0 ] || chown postgres server.key server.crt
