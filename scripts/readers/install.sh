#!/bin/sh
# Installs two more readers of Parquet, with which a test of processor/table reads what it has written: parquet-wasm, which is the Rust
# implementation of Apache Arrow, and hyparquet, which is written in JavaScript.
#
#   scripts/readers/install.sh
#
# They go into ${STREAMREC_TOOLS:-.tools}/readers; .tools is in the root of the repository.
set -eu

want="parquet-wasm@0.8.0 apache-arrow@21.2.0 hyparquet@1.33.0 hyparquet-compressors@1.1.2"
root=$(cd "$(dirname "$0")/../.." && pwd)
dir=${STREAMREC_TOOLS:-$root/.tools}/readers

[ "$(cat "$dir/installed" 2>/dev/null)" = "$want" ] && exit 0
command -v npm >/dev/null || {
	echo "install.sh: npm is not installed" >&2
	exit 1
}
mkdir -p "$dir"
# shellcheck disable=SC2086
npm install --prefix "$dir" --no-save --no-package-lock --no-audit --no-fund --ignore-scripts --loglevel=error $want >&2
echo "$want" >"$dir/installed"
