#!/usr/bin/env bash
# Checks the models of the protocol: scripts/spin/run.sh [--full | --story MODEL VARIANT [SIZE=N…]]
#
# Every correct model is searched to its end, and every variant that is broken on purpose has to be refused with a counterexample.
# Prints a table; fails when a verdict is not the expected one. doc.md explains the models and the variants.
#
#   (nothing)   about 30 s of computing, under 2 GB
#   --full      larger sizes: each at most 10 minutes and 8 GB
#   --story     prints a short counterexample of one variant, step by step: --story lease PIPELINE
#
# Needs gcc and spin (Debian package spin; installed when run as root). Without them it says so and passes.
set -uo pipefail
cd "$(dirname "$0")" || exit 1
usage() { sed -n 's/^# \{0,1\}//; 2,/^$/p' run.sh >&2; exit 2; }

full=false story=false
case "${1:-}" in
	"") ;;
	--full) [ $# -eq 1 ] || usage; full=true ;;
	--story) [ $# -ge 3 ] || usage; story=true ;;
	*) usage ;;
esac
if ! command -v spin >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	{ apt-get update && apt-get install -y --no-install-recommends spin; } >/dev/null 2>&1
fi
for tool in spin gcc; do
	command -v $tool >/dev/null || { echo "models: skipped: $tool is not installed (Debian package $tool)"; exit 0; }
done

work=$(mktemp -d)
lanes=()
trap 'for p in $(jobs -p); do kill "$p" 2>/dev/null; done; rm -rf "$work"' EXIT

# number MODEL VARIANT prints the variant's number; the empty variant is the protocol itself.
number() { if [ -z "$2" ]; then echo 0; else sed -n "s/^#define $2 \([0-9]*\)\$/\1/p" "$1.h"; fi; }

# build MODEL DEFINES FLAGS NAME makes the checker of a model in $work/NAME. Its sizes and its variant are taken from the environment when
# it starts, so that one compilation serves for all.
build() {
	local model=$1 defines=$2 flags=$3 dir=$work/$4
	mkdir -p "$dir" && cp ./*.pml ./*.h "$dir" && cd "$dir" || return 1
	# shellcheck disable=SC2086
	spin -a $defines "$model.pml" >spin.log 2>&1 || { cat spin.log; return 1; }
	sed -i -E "s/now\.(broken|family|shards|past|steals|crashes|moves|delays|puts|trims|syncs|genesis|deads|tools|backs|[nab][012]) = ([0-9]+);/now.\1 = getenv(\"\1\") ? atoi(getenv(\"\1\")) : \2;/" pan.c
	# shellcheck disable=SC2086
	gcc -w "$optimise" -DSAFETY -DCOLLAPSE -DMEMLIM="$memory" $flags -o pan pan.c
}

# check ROW NAME MODEL EXPECTED VARIANT SIZES… runs a checker and writes one row of the table.
check() {
	local row=$1 name=$2 model=$3 expected=$4 variant=$5 dir began verdict why states tenths mark="" size=""
	case $name in lease3) size="three records " ;; *W) size="three workers " ;; esac
	shift 5
	dir=$work/run$row
	mkdir -p "$dir" && cd "$dir" || return
	began=$(date +%s%N)
	env broken="$(cd "$here" && number "$model" "$variant")" "$@" timeout "$seconds" "$work/$name/pan" -m1000000 -w18 >out 2>&1
	states=$(sed -n 's/ *\([0-9.e+]*\) states, stored.*/\1/p' out)
	why=$(sed -n 's/^pan:1: \(.*\) (at depth [0-9]*)$/\1/p' out)
	if [ -n "$why" ]; then verdict=refused
	elif grep -q 'errors: 0' out && ! grep -qE 'depth too small|MEMLIM|out of memory' out; then verdict=holds
	else verdict=undecided; fi
	[ "$verdict" = "$expected" ] || { mark="   UNEXPECTED, want: $expected"; touch "$work/failed"; }
	tenths=$((($(date +%s%N) - began) / 100000000))
	printf '%-8s %-15s %-9s %9s %6s  %s\n' "$model" "${variant:-(as it is)}" "$verdict" "${states:--}" \
		"$((tenths / 10)).$((tenths % 10))" "$size${*:--}${why:+: $(reason "$why")}$mark" >"$work/row.$row"
	if [ -t 2 ]; then printf '\r\033[K%s %s: %s' "$model" "${variant:-as it is}" "$verdict" >&2; fi
}

# reason says in words which check failed.
reason() {
	case "$1" in
		*"(sm!=1)"*) echo "readers see what is not there, or not finished" ;;
		*"<sby"*) echo "the map goes back" ;;
		*copied*) echo "readers do not find an end mark" ;;
		*vanish*) echo "readers lose what they have seen" ;;
		*orphan*) echo "a child finds no end mark of a parent" ;;
		*twice*) echo "a record is in two links" ;;
		*twostarts*) echo "a chain has two beginnings" ;;
		*unplaced*) echo "no generation takes a start mark" ;;
		*cut*) echo "a chain ends before its last record" ;;
		*lacks*) echo "the view is not complete" ;;
		*"invalid end state"*) echo "stuck: nobody can move" ;;
		*copies*) echo "a record is in two links" ;;
		*begun*) echo "two terms have one counter" ;;
		*"==term"*) echo "a term that is over changes the row" ;;
		*">=mark"*) echo "the bookmark goes back" ;;
		*"<=reach"* | *ends*) echo "the bookmark leads" ;;
		*genesis*) echo "a shard begins before the application" ;;
		*endmark*) echo "a child is read before its parent has ended" ;;
		*"row["*) echo "SHARD_END is undone" ;;
		*seen*"==0"*) echo "readers lose what they have seen" ;;
		*cov*"t1"*) echo "a generation is used twice" ;;
		*) echo "$1" ;;
	esac
}

if $story; then
	memory=6000 optimise=-O1 model=$2 n=$(number "$2" "$3") defines="-DBROKEN=$(number "$2" "$3")"
	[ -n "$n" ] || { echo "$model.pml has no variant $3; doc.md lists them" >&2; exit 2; }
	shift 3
	for size in "$@"; do defines="$defines -D${size^^}"; done
	(build "$model" "$defines" -DBFS story) || exit 1
	cd "$work/story" && timeout 600 ./pan >out
	# shellcheck disable=SC2086
	[ -f "$model.pml.trail" ] && spin -T -t $defines "$model.pml" | sed '/^spin: /,$d'
	grep '^pan:1' out || { echo "no counterexample: $(grep -E 'errors|MEMLIM' out | tail -1)"; exit 1; }
	exit 0
fi

here=$PWD rows=0 memory=900 seconds=85 optimise=-O0 # the searches are shorter than an optimising compilation
$full && memory=7500 seconds=600 optimise=-O2

# checked NAME MODEL EXPECTED VARIANT SIZES… runs a check beside at most one other. With --full it has the memory for itself.
checked() {
	rows=$((rows + 1))
	check "$rows" "$@" &
	lanes+=($!)
	if [ ${#lanes[@]} -ge "$($full && echo 1 || echo 2)" ]; then wait "${lanes[0]}"; lanes=("${lanes[@]:1}"); fi
}

builds=()
for model in replay reset lease reshard beside; do (build $model "" "" $model) & builds+=($!); done
if $full; then
	(build lease "-DN=3" "" lease3) & builds+=($!)
	(build lease "-DW=3" "" leaseW) & builds+=($!)
	(build reshard "-DW=3" "" reshardW) & builds+=($!)
fi
for p in "${builds[@]}"; do wait "$p" || { echo "a model does not compile" >&2; exit 1; }; done

# The protocol itself.
checked reset reset holds "" n0=0 b0=0 steals=0
checked lease lease holds "" puts=0
checked lease lease holds "" delays=0
checked lease lease holds "" trims=1 moves=0 delays=0
checked reshard reshard holds "" syncs=1
# Broken variants. KEEPONRELEASE is not one: a release need not raise the counter, since the next take does.
for variant in UNFENCED UNIQUEKEY ENDKEY GIVEUP OWNWRITER OWNEND OWNERONLY NOPOSITION KEEPONRETAKE RESETONRELEASE ASSUMEDONE LEADS PIPELINE; do
	checked lease lease refused $variant
done
checked lease lease refused TWOWRITES steals=0
checked lease lease refused NOSTARTMARK trims=1
checked lease lease holds KEEPONRELEASE puts=0 steals=0
for variant in ENDFIRST ROWSLAST ONEPARENT OVERWRITE NOROW OWNED; do checked reshard reshard refused $variant; done
checked reshard reshard refused NOROW genesis=1
checked reshard reshard refused NOGENESIS genesis=1
for variant in KEEP ENDFENCE NOACK NOTAFTER; do checked reset reset refused $variant n0=0 b0=0 steals=0 deads=0; done
for variant in ENDNOW NOTRUST; do checked reset reset refused $variant n0=0 b0=0 steals=0; done
checked reset reset refused REUSE n0=0 b0=0 n1=1 tools=2 steals=0 deads=0
# Splits and merges at the hour of a plan: what holds, then what does not.
checked replay replay holds ""
checked replay replay holds "" syncs=1
checked replay replay holds "" past=1 family=0 shards=3
checked replay replay holds "" past=1 family=1 shards=3 b0=1
checked replay replay holds "" past=3 shards=3 n1=0
checked replay replay holds "" past=1 trims=1 n1=2 a1=1
checked replay replay refused PARENTGE syncs=1
for variant in NOROWTIP LATEKEEP; do checked replay replay refused $variant; done
for variant in PARENTPLAN KEEPENDED ENDMARKANY; do checked replay replay refused $variant past=1; done
checked replay replay refused KEEPEMPTY past=3 shards=3 n1=0
checked replay replay refused OWNERAPPLIES past=1 b0=1
checked replay replay refused MARKALONE b0=1
checked replay replay refused STARTSTALE past=1 trims=1 n1=2 a1=1
checked replay replay refused STARTOWN past=1 trims=1 n1=2
for variant in STARTOWN STARTHOUR; do checked replay replay refused $variant trims=1 n1=2 b0=1 b1=1; done
checked replay replay refused STARTNEWEST trims=1 n1=2 b0=1 b1=2
# Side replays.
checked beside beside holds ""
for variant in NOTOUCH ROWFIRST UNDERWAY BACKWARDS UNFINISHED SHOWNMARKS; do checked beside beside refused $variant; done
if $full; then
	checked beside beside holds "" tools=2
	checked beside beside holds "" backs=1
	checked beside beside refused SAMEID backs=1
	for sizes in "b0=1 syncs=1" "deads=1 syncs=1" "steals=1 syncs=1" "family=0 shards=3" "family=0 shards=3 b0=1" "family=1 shards=3" "family=1 shards=3 b0=1" \
		"shards=3 n1=0" "trims=1 n0=2 a0=1" "trims=1 n0=2 a0=1 b0=1 deads=1" "trims=1 n1=2 b0=1 b1=1 steals=1" "past=1 deads=1 steals=1 syncs=1" \
		"past=1 tools=2" "past=1 tools=2 b0=1 n1=2 b1=1" "tools=2 b0=1"; do
		# shellcheck disable=SC2086
		checked replay replay holds "" $sizes
	done
	checked reset reset refused NOFLAG n0=0 b0=0 tools=2 steals=0 deads=0
	checked reset reset refused EARLY n0=0 b0=0 tools=2 steals=0 deads=0
	checked reset reset holds "" n0=0 b0=0 tools=2 steals=0 deads=0
	checked reset reset holds "" n0=0 b0=0 n1=1 tools=2 steals=0
	checked reset reset holds "" n0=0 b0=0 n1=1 tools=2 deads=0
	checked reset reset holds ""
	checked lease lease holds ""
	checked lease3 lease holds ""
	checked leaseW lease holds "" delays=0
	checked reshard reshard holds "" genesis=1 syncs=2
	checked reshardW reshard holds ""
fi
wait
if [ -t 2 ]; then printf '\r\033[K' >&2; fi

printf '%-8s %-15s %-9s %9s %6s  %s\n' model variant verdict states s "sizes that are not the default: what fails"
for i in $(seq "$rows"); do cat "$work/row.$i"; done
if [ -e "$work/failed" ]; then echo "models: a verdict is not the expected one"; exit 1; fi
echo "models: $rows verdicts as expected"
