#!/bin/sh
# Java from Debian for Apache Spark, installed if missing.
set -eu
command -v java >/dev/null 2>&1 && exit 0
sh "$(dirname "$0")/debian.sh" default-jre-headless
