#!/bin/sh
# The MQTT broker mosquitto from Debian for the tests of the shop floor, installed if missing; a broker of their own is started by each.
set -eu
PATH="$PATH:/usr/sbin:/sbin"
command -v mosquitto >/dev/null 2>&1 && exit 0
[ -n "${CI:-}" ] && { sh "$(dirname "$0")/debian.sh" mosquitto; exit; }
sh "$(dirname "$0")/debian.sh" mosquitto || echo "mosquitto is not here: the tests that need a broker will be left out" >&2
