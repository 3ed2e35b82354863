#!/usr/bin/env bash
# Measures streamrec beside stock vmware-go-kcl-v2 and the physical limit, in one table: scripts/bench.sh [--quick] [--stock-defaults] [-o json] [SECTION…]
# Measures Parquet beside lines of JSON: scripts/bench.sh format [--quick]; and each stage of an event by itself, by the size of the model: scripts/bench.sh stages [--quick]
# Compares the benchmarks of packages with those of a commit, by benchstat: scripts/bench.sh --compare COMMIT [PACKAGE…]
#
# Needs Go only. A full run takes half an hour on two cores, --quick a minute: it shows that the harness works, its figures are
# not for comparison. --stock-defaults takes a quarter of an hour more. --help has the sections; BENCHMARKS.md says what the lines mean.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { echo "usage: scripts/bench.sh [--quick] [SECTION…] | format [--quick] | stages [--quick] | --compare COMMIT [PACKAGE…]" >&2; exit 2; }

# alone TIMES PATTERN PACKAGE… runs benchmarks that need no harness, and a machine without other work.
alone() { local times=$1 pattern=$2; shift 2; go test -run '^$' -bench "$pattern" -benchtime "$times" "$@"; }

# stages PAGES EVENTS shows where the time of an event goes: pages of 1,000 records, decoding beside encoding/json, then all the way with one thing
# more in each line.
stages() {
	alone "$1" Page ./infra/kinesis
	alone "$2" 'Decode|Naive' ./processor/event
	alone "$2" Events ./processor "${@:3}"
}

# compare COMMIT PACKAGE… runs the packages' benchmarks here and at the commit, in turn, and lets benchstat judge.
compare() {
	local base=$1 old new round
	shift
	[ $# -gt 0 ] || set -- ./processor/event ./processor/table ./model ./infra/kinesis
	tree=$(mktemp -d) && git worktree add -q --detach "$tree" "$base" || exit 1
	trap 'git worktree remove --force "$tree"' EXIT # tree is not local: the trap runs when the function is over
	mkdir -p artefacts
	old=$PWD/artefacts/bench-old.txt new=$PWD/artefacts/bench-new.txt
	: >"$old"; : >"$new"
	for round in 1 2 3 4 5 6; do
		echo "round $round of 6" >&2
		(cd "$tree" && go test -run '^$' -bench . -benchtime "${TIMES:-200ms}" "$@") >>"$old"
		go test -run '^$' -bench . -benchtime "${TIMES:-200ms}" "$@" >>"$new"
	done
	go tool -modfile=scripts/tools.mod benchstat "$base=$old" "now=$new"
}

case " $* " in
" format ") alone 4x 'Formats|OpenShards|Read' ./processor/table; exit ;;
" format --quick " | " --quick format ") alone 1x 'Formats|OpenShards|Read' ./processor/table; exit ;;
" stages ") stages 1000x 200000x; exit ;;
" stages --quick " | " --quick stages ") stages 2x 500x -short; exit ;;
*" --compare "*) [ "$1" = --compare ] && [ $# -ge 2 ] || usage; shift; compare "$@"; exit ;;
*" format "* | *" stages "*) usage ;;
esac

mkdir -p artefacts
go build -o artefacts/bench ./scripts/bench
go build -o artefacts/streamrec ./scripts/streamrec # for sections with real workers
go test -c -o artefacts/bench.test ./scripts/bench # its tests TestCrowd and TestScale measure on a simulated clock
exec artefacts/bench "$@"
