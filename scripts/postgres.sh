#!/bin/sh
# PostgreSQL from Debian for the tests of a team's thread, installed if missing.
#   postgres.sh               install it
#   postgres.sh start FOLDER  a private server in FOLDER, reached by a socket there and by nothing else
#   postgres.sh stop FOLDER   stop it
#   postgres.sh kill FOLDER   kill -9 every process of it (trials of what is lost)
set -eu
find_bin() {
  command -v pg_ctl >/dev/null 2>&1 && command -v initdb >/dev/null 2>&1 && return
  for bin in /usr/lib/postgresql/*/bin; do [ -x "$bin/pg_ctl" ] && PATH="$bin:$PATH"; done
  command -v pg_ctl >/dev/null 2>&1
}
# PostgreSQL refuses to run as root: then it runs as the user that Debian made for it
as_owner() { if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; else "$@"; fi; }

if [ $# = 0 ]; then
  find_bin && exit 0
  if [ "$(id -u)" = 0 ] && [ ! -e /etc/postgresql-common ]; then # no server beside ours
    mkdir -p /etc/postgresql-common/createcluster.d
    echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.d/smilecurve.conf
  fi
  [ -n "${CI:-}" ] && { sh "$(dirname "$0")/debian.sh" postgresql; exit; }
  sh "$(dirname "$0")/debian.sh" postgresql || echo "postgresql is not here: the tests of a team's thread will be left out" >&2
  exit 0
fi
find_bin || { echo "PostgreSQL is not here: sh scripts/postgres.sh installs it" >&2; exit 1; }
folder=$2
case $1 in
start)
  if [ ! -e "$folder/data/PG_VERSION" ]; then
    mkdir -p "$folder"
    if [ "$(id -u)" = 0 ]; then chown postgres "$folder"; fi
    as_owner initdb --no-sync --auth=trust --username=smilecurve --encoding=UTF8 --no-locale -D "$folder/data" >/dev/null
  fi
  as_owner pg_ctl -D "$folder/data" -w -t 60 -l "$folder/log" -o "-c listen_addresses= -k $folder -p 5433 ${POSTGRES_OPTIONS:-}" start >/dev/null
  echo "postgresql:///postgres?host=$folder&port=5433&user=smilecurve"
  ;;
stop) as_owner pg_ctl -D "$folder/data" -w -m fast stop >/dev/null ;;
kill)
  first=$(head -n 1 "$folder/data/postmaster.pid")
  all="$first $(cat "/proc/$first/task/$first/children")"
  kill -9 $all
  for one in $all; do while kill -0 "$one" 2>/dev/null && [ "$(cut -d ' ' -f 3 "/proc/$one/stat" 2>/dev/null)" != Z ]; do sleep 0.02; done; done
  rm -f "$folder/data/postmaster.pid" "$folder"/.s.PGSQL.* # where nobody buries the dead, they look alive to the next server
  ;;
*) echo "start, stop or kill" >&2; exit 2 ;;
esac
