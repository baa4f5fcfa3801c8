#!/bin/sh
# Make the virtual environment and install the locked packages given; pip alone, every file checked by its hash.
set -eu
cd "$(dirname "$0")/.."
python=""
for candidate in python3.11 python3.12 python3.13 python3; do
  if command -v "$candidate" >/dev/null 2>&1 && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    python=$candidate
    break
  fi
done
[ -n "$python" ] || { echo "Smilecurve needs Python 3.11 or newer: apt-get install python3" >&2; exit 1; }
if [ ! -x .venv/bin/python ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
  if ! "$python" -m venv .venv 2>/dev/null; then
    echo "installing Debian's python3-venv" >&2
    sh scripts/debian.sh python3-venv
    "$python" -m venv --clear .venv
  fi
fi
set -- $(for file in "$@"; do printf -- '-r %s ' "$file"; done)
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes "$@"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
