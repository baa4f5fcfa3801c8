#!/bin/sh
# Chromium from Debian for the tests in a browser, installed if missing.
set -eu
command -v chromium >/dev/null 2>&1 || sh "$(dirname "$0")/debian.sh" chromium fonts-noto-cjk
