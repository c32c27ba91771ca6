#!/usr/bin/env bash
# Run a command against a PostgreSQL of its own: a cluster in a temporary folder, reached over a unix socket
# only, gone afterwards. METERSIDE_DATABASE_URL tells the command where it is.
#
#   bash tests/with_postgresql.sh .venv/bin/python -m pytest tests/portal
#
# Without a PostgreSQL on this computer it says so and does nothing; in CI that is an error.
set -eu

programs="$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)"
if [ -z "$programs" ]; then
  initdb="$(type -P initdb || true)"
  programs="${initdb%/*}"
fi
if [ -z "$programs" ]; then
  echo "No PostgreSQL here: the tests were not run on it (Debian: apt install postgresql)." >&2
  [ "${CI:-}" != true ] || exit 1
  exit 0
fi

folder="$(mktemp -d "${TMPDIR:-/tmp}/meterside-pg.XXXXXX")"
as_owner=()
if [ "$(id -u)" -eq 0 ]; then # PostgreSQL refuses to run as root.
  chown postgres: "$folder"
  as_owner=(setpriv --reuid=postgres --regid=postgres --clear-groups env "HOME=$folder")
fi
chmod 711 "$folder"

stop() {
  (cd "$folder" && "${as_owner[@]}" "$programs/pg_ctl" --pgdata="$folder/data" --mode=immediate --silent stop) || true
  rm -rf "$folder"
}
trap stop EXIT
trap 'exit 130' INT TERM

mkdir "$folder/socket"
if [ "$(id -u)" -eq 0 ]; then chown postgres: "$folder/socket"; fi
(
  cd "$folder"
  "${as_owner[@]}" "$programs/initdb" --pgdata=data --auth=trust --username=meterside --encoding=UTF8 \
    --locale=C --no-sync >/dev/null
  # Nothing here has to survive a power cut.
  "${as_owner[@]}" "$programs/pg_ctl" --pgdata=data --log=log --wait --silent start --options="-c listen_addresses='' \
    -c unix_socket_directories='$folder/socket' -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
    -c max_connections=60 -c shared_buffers=64MB" || { cat log >&2; exit 1; }
)

METERSIDE_DATABASE_URL="postgresql://meterside@/meterside?host=$folder/socket" "$@"
