#!/usr/bin/env bash
# Apache Derby's network server, which speaks DRDA. DERBY_USER and DERBY_PASSWORD are the one log-in, DERBY_DB is made at the first
# start, and each word of DERBY_PROPERTIES (NAME=VALUE) is a property of Derby's. Until the database is made nothing listens.
set -euo pipefail
[ "${1:-}" = derby ] || exec "$@"

home=/var/lib/derby
jars=/usr/share/java
options=(-Xmx512m "-Dderby.system.home=$home" -Dderby.connection.requireAuthentication=true -Dderby.authentication.provider=BUILTIN
  "-Dderby.user.${DERBY_USER:?}=${DERBY_PASSWORD:?}" -cp "$jars/derbynet.jar:$jars/derby.jar:$jars/derbytools.jar")
for property in ${DERBY_PROPERTIES:-}; do options+=("-D$property"); done
cd "$home"

if [ ! -e "$home/.made" ]; then
  echo "connect 'jdbc:derby:${DERBY_DB:?};create=true;user=$DERBY_USER;password=$DERBY_PASSWORD';" >/tmp/make.sql
  java "${options[@]}" org.apache.derby.tools.ij /tmp/make.sql
  [ -d "$home/$DERBY_DB" ]
  touch "$home/.made"
fi
exec java "${options[@]}" org.apache.derby.drda.NetworkServerControl start -h 0.0.0.0 -p 1527 -noSecurityManager
