#!/bin/sh
# Installs the DuckDB client for Node, with which query.mjs and a test of processor/table read Parquet files: an
# implementation of the format that shares nothing with the one that wrote them.
#
#   scripts/duckdb/install.sh
#
# It goes into ${STREAMREC_TOOLS:-.tools}/duckdb, about 70 MB; .tools is in the root of the repository.
set -eu

version=1.5.6-r.1
root=$(cd "$(dirname "$0")/../.." && pwd)
dir=${STREAMREC_TOOLS:-$root/.tools}/duckdb

installed=$(sed -n 's/^ *"version": "\(.*\)",*$/\1/p' "$dir/node_modules/@duckdb/node-api/package.json" 2>/dev/null || true)
if [ "$installed" = "$version" ]; then
	echo "DuckDB $version is in $dir" >&2
	exit 0
fi
command -v npm >/dev/null || {
	echo "install.sh: npm is not installed" >&2
	exit 1
}
mkdir -p "$dir"
npm install --prefix "$dir" --no-save --no-package-lock --no-audit --no-fund --ignore-scripts --loglevel=error \
	"@duckdb/node-api@$version" >&2
echo "DuckDB $version is in $dir" >&2
