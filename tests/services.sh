#!/usr/bin/env bash
# Install the programs that the tests run for real: a browser and the servers Meterside talks to.
# Needs Debian's package manager and the right to use it; where either is missing it says what to install,
# and the tests that need it skip with that reason (in CI nothing may be skipped).
set -eu

missing=()
need() { # need PROGRAM PACKAGE...
  local program="$1"
  shift
  type -P "$program" >/dev/null || [ -n "$(ls /usr/sbin/"$program" /usr/lib/postgresql/*/bin/"$program" 2>/dev/null || true)" ] || missing+=("$@")
}
need chromium chromium
need postgres postgresql
need redis-server redis-server
need knxd knxd
need knxtool knxd-tools
need ip iproute2
need mosquitto mosquitto
need dbus-daemon dbus-daemon
need xgettext gettext

if [ "${#missing[@]}" -eq 0 ]; then exit 0; fi
if ! type -P apt-get >/dev/null; then
  echo "For all tests, please install: ${missing[*]}" >&2
  exit 0
fi
install=(env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 --no-install-recommends "${missing[@]}")
update=(apt-get update --quiet=2)
if [ "$(id -u)" -ne 0 ]; then
  if ! sudo -n true 2>/dev/null; then
    echo "For all tests, please run: sudo apt-get install ${missing[*]}" >&2
    exit 0
  fi
  install=(sudo "${install[@]}")
  update=(sudo "${update[@]}")
fi
echo "Installing for the tests: ${missing[*]}"
"${update[@]}" || true
"${install[@]}" >/dev/null || echo "Could not install ${missing[*]}; the tests that need them will skip." >&2
