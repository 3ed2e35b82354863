#!/usr/bin/env bash
# Fuzzes: scripts/fuzz.sh [--seconds N] [--briefly N] [PATTERN…]
#         scripts/fuzz.sh --keep [PATTERN…]
#
# Each target that decodes what comes from outside gets N seconds (10), each of the others 3; with patterns only those targets whose line in
# --list matches one of these. Two targets run side by side, each with one worker. What was learnt stays in Go's cache, findings are written
# to the package's testdata/fuzz, and printed. --keep fuzzes nothing: it writes the few inputs of the cache that cover as much as all of them to
# testdata/fuzz, to be committed: go test runs them, and fuzzing begins with them on a machine that has no cache.
set -uo pipefail
cd "$(dirname "$0")/.."

# inside are the targets that are not given anything from outside: the services of the local stack hear our own clients, and the others
# compare pure functions. They are fuzzed briefly.
inside='^\./infra/local|^\./model FuzzModel$|FuzzParseNumber$'

logs=$PWD/artefacts/fuzz
tries=3

usage() { echo "usage: scripts/fuzz.sh [--list|--keep] [--seconds N] [--briefly N] [PATTERN…]" >&2; exit 2; }

# targets prints PACKAGE TARGET of each fuzz target.
targets() {
	grep -rHoE '^func Fuzz[A-Za-z0-9]*' --include='*_test.go' . | sed -E 's|/[^/]*:func | |' | sort -u
}

# wanted keeps the targets that match one of the patterns, or all.
wanted() { if [ $# -eq 0 ]; then cat; else grep -E "$(IFS='|'; echo "$*")"; fi; }

# binary PACKAGE names the package's test binary.
binary() { local name=${1#./}; echo "$logs/${name//\//-}.test"; }

# build PACKAGE… builds each package's tests once, instrumented, for all its targets.
build() {
	local package
	for package; do go test -c -fuzz=. -o "$(binary "$package")" "$package" || return 1; done
}

# deadline FILE tells whether a target failed for no other reason than that its time was over. Up to Go 1.26 the fuzzer can take its own
# deadline for a failure (go.dev/issue/75804). A finding says more than these three lines: where the failing input was written, which
# seed failed, or that the process hung or ended.
deadline() {
	[ "$(grep -v '^fuzz: elapsed: ' "$1" | sed -E 's/ \([0-9.]+s\)$//' | tr -s ' \n' ' ')" = "--- FAIL: $2 context deadline exceeded FAIL " ]
}

# run SECONDS PACKAGE TARGET fuzzes one target: once more when it failed by the deadline alone, and it fails when that is all that happens.
run() {
	local seconds=$1 package=$2 target=$3 cache log try
	cache=$(go env GOCACHE)/fuzz/$(go list "$package")
	log=$logs/$(basename "$(binary "$package")" .test)-$target.log
	for try in $(seq "$tries"); do
		(cd "$package" && "$(binary "$package")" -test.run '^$' -test.fuzz "^$target\$" -test.fuzztime "${seconds}s" \
			-test.fuzzminimizetime 100x -test.fuzzcachedir "$cache" -test.parallel 1) >"$log" 2>&1 &&
			{ echo "passed $package $target: $(grep -oE 'execs: [0-9]+' "$log" | tail -n 1)"; return 0; }
		deadline "$log" "$target" || break
		echo "again  $package $target: stopped by its deadline, without a finding"
	done
	echo "FAILED $package $target"
	cat "$log"
	return 1
}

# findings prints each input that is in no commit; there must be none.
findings() {
	local file found=0
	while read -r file; do
		found=1
		echo "finding: $file"
		head -c 4000 "$file"
	done < <(git ls-files --others --exclude-standard -- ':(glob)**/testdata/fuzz/**')
	return $found
}

seconds=10 briefly=3 keep=false
while [ $# -gt 0 ]; do
	case $1 in
	--list) targets; exit ;;
	--keep) keep=true; shift ;;
	--seconds) seconds=${2:?}; shift 2 ;;
	--briefly) briefly=${2:?}; shift 2 ;;
	--run) shift; run "$@"; exit ;; # one of those that run side by side
	-*) usage ;;
	*) break ;;
	esac
done

chosen=$(targets | wanted "$@")
[ -n "$chosen" ] || { echo "no target matches: $*" >&2; exit 2; }
given=$(grep -vE "$inside" <<<"$chosen")
if $keep; then
	[ -n "$given" ] || { echo "what matches is not given anything from outside: $*" >&2; exit 2; }
	nice go run ./scripts/corpus <<<"$given"
	exit
fi
mkdir -p "$logs"
build $(cut -d ' ' -f 1 <<<"$chosen" | sort -u) || exit 1
ok=0
{
	[ -z "$given" ] || sed "s/^/$seconds /" <<<"$given"
	grep -E "$inside" <<<"$chosen" | sed "s/^/$briefly /" || true # there may be none
} | xargs -P 2 -L 1 bash scripts/fuzz.sh --run || ok=1
findings || ok=1
exit $ok
