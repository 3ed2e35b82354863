#!/bin/sh
# Installs what the browser test of the dashboard needs: playwright-core, which drives a browser, axe-core, which finds what people with
# a disability cannot use, and, when root, Debian's chromium unless there is one.
#
#   scripts/browser/install.sh
#
# The packages go into ${STREAMREC_TOOLS:-.tools}/browser; .tools is in the root of the repository.
set -eu

want="playwright-core@1.65.1 axe-core@4.14.1"
root=$(cd "$(dirname "$0")/../.." && pwd)
dir=${STREAMREC_TOOLS:-$root/.tools}/browser

if ! command -v chromium >/dev/null; then
	[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || {
		echo "install.sh: chromium is not installed" >&2
		exit 1
	}
	apt-get install -qq -y --no-install-recommends chromium >&2
fi
[ "$(cat "$dir/installed" 2>/dev/null)" = "$want" ] && exit 0
command -v npm >/dev/null || {
	echo "install.sh: npm is not installed" >&2
	exit 1
}
mkdir -p "$dir"
# shellcheck disable=SC2086
npm install --prefix "$dir" --no-save --no-package-lock --no-audit --no-fund --ignore-scripts --loglevel=error $want >&2
echo "$want" >"$dir/installed"
