#!/bin/sh
# Install Debian packages, as root or through sudo; say what is missing when neither is possible.
set -eu
if [ "$(id -u)" = 0 ]; then as=""; elif command -v sudo >/dev/null 2>&1; then as="sudo"; else
  echo "please install as root: apt-get install $*" >&2
  exit 1
fi
$as apt-get update -qq
DEBIAN_FRONTEND=noninteractive $as apt-get install -y -qq --no-install-recommends "$@" >/dev/null
