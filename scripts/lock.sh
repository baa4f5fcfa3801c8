#!/bin/sh
# Write the locks anew: every package with its hashes, no host names. Needs uv (pip install uv).
set -eu
cd "$(dirname "$0")/../requirements"
lock="uv pip compile --quiet --generate-hashes --no-header --no-annotate --no-emit-index-url --python-version 3.11"
$lock --extra floor --extra team ../pyproject.toml -o run.txt
$lock --group ../pyproject.toml:build -c run.txt -o build.txt
$lock --extra floor --extra team ../pyproject.toml --group ../pyproject.toml:dev -c run.txt -o dev.txt
$lock --group ../pyproject.toml:bench -c dev.txt -o bench.txt
$lock --group ../pyproject.toml:cluster -c dev.txt -o cluster.txt
