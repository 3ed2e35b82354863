#!/usr/bin/env bash
# Measures streamrec's coordination of workers beside that of stock vmware-go-kcl-v2: scripts/bench.sh [--quick] [--stock-defaults] [-o json] [SECTION…]
# Measures the table of rows beside JSON: scripts/bench.sh format [--quick]
#
# Needs Go only. A full run takes up to 12 minutes on two cores, --quick a minute: it shows that the harness works, its figures are
# not for comparison. --stock-defaults takes a quarter of an hour more. --help has the sections; BENCHMARKS.md says what the lines mean.
set -euo pipefail
cd "$(dirname "$0")/.."

# The table needs no harness, and a machine without other work: its benchmarks run when they are asked for, alone.
if [[ " $* " == *" format "* ]]; then
	[[ "$*" == format || "$*" == "format --quick" || "$*" == "--quick format" ]] ||
		{ echo "usage: scripts/bench.sh format [--quick]" >&2; exit 2; }
	times=4x
	[[ "$*" == *--quick* ]] && times=1x
	exec go test -run '^$' -bench 'Formats|OpenShards|Read' -benchtime "$times" ./processor/table
fi

mkdir -p artefacts
go build -o artefacts/bench ./scripts/bench
go build -o artefacts/streamrec ./scripts/streamrec # the section query asks real workers
go test -c -o artefacts/bench.test ./scripts/bench # its test TestCrowd measures on a simulated clock
exec artefacts/bench "$@"
