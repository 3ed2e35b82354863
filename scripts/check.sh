#!/usr/bin/env bash
# Checks everything: scripts/check.sh [--full] [PART...]
#
# With parts only those steps whose name has one of these words in it: scripts/check.sh race conformance
# Needs Go. Installs what else it can (npm packages into .tools, Debian packages when root) and skips by name what cannot be had.
# Ends within 20 minutes on two cores; --full adds the independent servers that are slow to build, and the
# mutants of the simulator, and longer fuzzing.
# Servers listen on 127.0.0.1 only, and are ended with the script.
set -uo pipefail
cd "$(dirname "$0")/.."

full=false
[ "${1:-}" = --full ] && { full=true; shift; }
case "${1:-}" in -*) echo "usage: scripts/check.sh [--full] [PART...]" >&2; exit 2 ;; esac
parts=("$@")

export STREAMREC_TOOLS="${STREAMREC_TOOLS:-$PWD/.tools}"
mkdir -p "$STREAMREC_TOOLS" artefacts
passed=0 failed=0 skipped=0
budget=()
children=()
trap 'for p in "${children[@]:-}"; do [ -n "$p" ] && kill "$p" 2>/dev/null; done' EXIT

# wanted NAME tells whether a step is among the parts that were asked for.
wanted() {
	local part
	[ "${#parts[@]}" -eq 0 ] && return 0
	for part in "${parts[@]}"; do [[ $1 == *"$part"* ]] && return 0; done
	return 1
}

# step NAME COMMAND… runs a command and remembers how it went and how long it took.
step() {
	local name=$1 began=$SECONDS
	shift
	wanted "$name" || return 0
	printf '\n=== %s\n' "$name"
	if "$@"; then
		passed=$((passed + 1)); budget+=("$(printf '%5ds  passed   %s' $((SECONDS - began)) "$name")")
	else
		failed=$((failed + 1)); budget+=("$(printf '%5ds  FAILED   %s' $((SECONDS - began)) "$name")")
	fi
}

# step_with NEED WITHOUT NAME COMMAND… is a step that needs something from elsewhere, and is skipped without it.
step_with() {
	local need=$1 without=$2 name=$3
	shift 2
	wanted "$name" || return 0
	if "$need"; then step "$@"; return; fi
	printf '\n=== %s: skipped: %s\n' "$name" "$without"
	skipped=$((skipped + 1)); budget+=("    -   skipped  $name: $without")
}

formatted() {
	local out
	out=$(go tool -modfile=scripts/tools.mod gofumpt -l $(git ls-files '*.go')) && [ -z "$out" ] || { echo "gofumpt -w wants: $out"; return 1; }
}
tidy() { go mod tidy -diff; }
# static runs staticcheck, and what it lacks; golangci-lint takes minutes to build, and has little more that is wanted here.
static() {
	(cd scripts/lint && go vet ./... && go build -o ../../artefacts/lint .) && go vet -vettool="$PWD/artefacts/lint" ./... &&
		go tool -modfile=scripts/tools.mod staticcheck ./...
}
unit() { go test -timeout 10m ./...; }

# race runs the packages that have goroutines. Of the table that is the codec, which all shards share.
race() {
	go test -race -short -timeout 15m ./worker/... ./processor ./processor/chain ./processor/audit ./processor/deadletter ./processor/erasure ./processor/follow \
		$(go list ./infra/... | grep -v conformance) ./scripts/produce ./scripts/streamrec && go test -race -short -run Codec ./processor/table
}

# simulator SCHEDULES plays so many schedules of a whole fleet.
simulator() { go build -o artefacts/simulate ./scripts/simulate && artefacts/simulate --seeds "$1"; }

# await URL waits until something answers there.
await() {
	for _ in $(seq 1 300); do
		node -e 'fetch(process.argv[1]).catch(() => process.exit(1))' "$1" && return 0
		sleep 0.1
	done
	echo "nothing answers at $1" >&2
	return 1
}

# free_port prints a port that nobody listens on.
free_port() { node -e 'const s=require("net").createServer();s.listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})'; }

# npm_packages FOLDER PACKAGE… installs npm packages of fixed versions into a folder of the tools.
npm_packages() {
	local dir=$STREAMREC_TOOLS/$1
	shift
	command -v node >/dev/null && command -v npm >/dev/null || return 1
	[ "$(cat "$dir/installed" 2>/dev/null)" = "$*" ] && return 0
	mkdir -p "$dir"
	npm install --prefix "$dir" --no-save --no-audit --no-fund --loglevel=error "$@" >"$dir/npm.log" 2>&1 && echo "$*" >"$dir/installed"
}

# npm_servers installs the independent Kinesis and DynamoDB.
npm_servers() { npm_packages servers kinesalite@3.3.3 dynalite@4.0.0 $($full && echo kinesis-local@0.6.2); }

# npm_judges installs the validator of CloudFormation, and the simulator of IAM, which is under the AGPL and only run.
npm_judges() { npm_packages judges @aws/cloudformation-validate@1.9.0-beta $($full && echo @cloud-copilot/iam-simulate@0.1.173); }

templates() { node infra/cloudformation/validate.mjs "$STREAMREC_TOOLS/judges" infra/cloudformation/*.yaml; }

policies() {
	STREAMREC_IAM_QUESTIONS=$PWD/artefacts/iam.jsonl go test -count=1 -run AnotherJudge ./infra/iam &&
		node infra/iam/simulate.mjs "$STREAMREC_TOOLS/judges" artefacts/iam.jsonl
}

# manifests decodes what is deployed on Kubernetes, in a module of its own.
manifests() { (cd infra/kubernetes/check && go vet ./... && go test ./...); }

# image builds the container image twice, runs its binary alone, and reads the file with a library that is not ours.
image() {
	STREAMREC_IMAGE=1 STREAMREC_IMAGE_FILE=$PWD/artefacts/streamrec.tar go test -count=1 -timeout 20m -run Build ./infra/image &&
		(cd infra/image/check && STREAMREC_IMAGE_FILE=$PWD/../../../artefacts/streamrec.tar go test -count=1 ./...)
}

conformance() {
	local dir=$STREAMREC_TOOLS/servers out=$PWD/artefacts/conformance.tsv port ok=0
	: >"$out"
	port=$(free_port)
	node -e "require('$dir/node_modules/kinesalite')({shardLimit:1000,createStreamMs:50,updateStreamMs:50,deleteStreamMs:50}).listen($port,'127.0.0.1')" >artefacts/kinesalite.log 2>&1 &
	children+=($!)
	await "http://127.0.0.1:$port" || return 1
	export STREAMREC_KINESALITE_ENDPOINT=http://127.0.0.1:$port
	port=$(free_port)
	node "$dir/node_modules/dynalite/cli.js" --host 127.0.0.1 --port "$port" --createTableMs 50 --deleteTableMs 50 >artefacts/dynalite.log 2>&1 &
	children+=($!)
	await "http://127.0.0.1:$port" || return 1
	export STREAMREC_DYNALITE_ENDPOINT=http://127.0.0.1:$port
	$full && full_servers
	STREAMREC_CONFORMANCE_OUT=$out go test -count=1 -timeout 20m ./infra/local/conformance ./infra/dynamo || ok=1
	conformance_table "$out"
	return $ok
}

# full_servers starts the independent servers that take long to build or to answer.
full_servers() {
	local dir=$STREAMREC_TOOLS/servers port
	port=$(free_port)
	cat >"$dir/loopback.js" <<'JS'
const net = require("net"), listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...a) {
  if (typeof a[0] === "object" && a[0] !== null && a[0].port !== undefined) a[0] = { ...a[0], host: "127.0.0.1" };
  else if (typeof a[0] === "number" || /^\d+$/.test(a[0] || "")) {
    if (typeof a[1] === "string") a[1] = "127.0.0.1"; else a.splice(1, 0, "127.0.0.1");
  }
  return listen.apply(this, a);
};
JS
	(cd "$dir/node_modules/kinesis-local" && exec env KINESIS_MOCK_PLAIN_PORT="$port" KINESIS_MOCK_TLS_PORT="$(free_port)" \
		node --require "$dir/loopback.js" main.js) >artefacts/kinesis-local.log 2>&1 &
	children+=($!)
	await "http://127.0.0.1:$port" && export STREAMREC_KINESIS_LOCAL_ENDPOINT=http://127.0.0.1:$port
	[ -x "$dir/versitygw" ] || GOBIN="$dir" nice go install github.com/versity/versitygw/cmd/versitygw@v1.8.0
	port=$(free_port)
	mkdir -p "$dir/s3root"
	ROOT_ACCESS_KEY=test ROOT_SECRET_KEY=testtest "$dir/versitygw" --port "127.0.0.1:$port" posix "$dir/s3root" >artefacts/versitygw.log 2>&1 &
	children+=($!)
	await "http://127.0.0.1:$port" && export STREAMREC_VERSITYGW_ENDPOINT=http://127.0.0.1:$port
}

# conformance_table FILE counts the results of each service and server.
conformance_table() {
	printf '%-10s %-28s %6s %18s %6s %6s\n' service server ok "known difference" n/a failed
	awk -F'\t' '{ n[$1,$2,$4]++; s[$1"\t"$2] } END { for (k in s) { split(k,a,"\t");
		printf "%-10s %-28s %6d %18d %6d %6d\n", a[1], a[2], n[a[1],a[2],"ok"], n[a[1],a[2],"known difference"], n[a[1],a[2],"n/a"], n[a[1],a[2],"failed"] } }' "$1" | sort
}

clients() {
	local ok=0 endpoint
	go build -o artefacts/streamrec ./scripts/streamrec || return 1
	artefacts/streamrec local --listen 127.0.0.1:0 -o json >artefacts/local.json 2>artefacts/local.log &
	local pid=$!
	children+=($pid)
	for _ in $(seq 1 100); do [ -s artefacts/local.json ] && break; sleep 0.1; done
	endpoint=$(sed -n 's/.*"endpoint":"\([^"]*\)".*/\1/p' artefacts/local.json)
	STREAMREC_BINARY=artefacts/streamrec bash scripts/clients/clients.sh "$endpoint" || ok=1
	kill "$pid"; wait "$pid" || ok=1
	return $ok
}

# readers installs what reads the Parquet files independently.
readers() { command -v node >/dev/null && bash scripts/duckdb/install.sh && bash scripts/readers/install.sh; }

# browser installs Chromium and what drives it.
browser() { command -v node >/dev/null && bash scripts/browser/install.sh; }

# page MODE looks at the dashboard of a fleet at work with Chromium; the pictures are in artefacts.
page() { STREAMREC_BROWSER=$1 go test -count=1 -timeout 15m -run InChromium ./scripts/streamrec; }

# promtool_there finds Prometheus' tool, or gets it from Debian's package without installing that.
promtool_there() {
	promtool=$(command -v promtool || ls "$STREAMREC_TOOLS/prometheus/usr/bin/promtool" 2>/dev/null) && return 0
	local dir=$STREAMREC_TOOLS/prometheus
	mkdir -p "$dir" && (cd "$dir" && apt-get download -q prometheus && dpkg -x prometheus_*.deb .) >"$dir/apt.log" 2>&1
	promtool=$dir/usr/bin/promtool
	[ -x "$promtool" ]
}

alerts() { (cd infra/prometheus && "$promtool" check rules rules.yaml && "$promtool" test rules rules_test.yaml); }

# benchmarks runs each of them a little: those of the harness, and Go's of all packages.
benchmarks() {
	bash scripts/bench.sh --quick && bash scripts/bench.sh stages --quick &&
		grep -rl --include='*_test.go' '^func Benchmark' . | xargs -n 1 dirname | sort -u | xargs go test -short -run '^$' -bench . -benchtime 1x
}

demo() { go run ./scripts/streamrec demo --headless --duration 30s; }

processes() { STREAMREC_E2E=1 STREAMREC_DUCKDB=1 go test -count=1 -timeout 15m ./scripts/e2e ./processor/table ./infra/duckdb ./infra/athena; }

soak() { STREAMREC_E2E=1 go test -count=1 -timeout 10m ./scripts/soak; }

step "format" formatted
step "go mod tidy" tidy
step "vet" go vet ./...
step "staticcheck" static
step "unit tests" unit
step "race detector" race
step "fuzz" bash scripts/fuzz.sh $($full && echo --seconds 60 --briefly 20)
step "models" bash scripts/spin/run.sh $($full && echo --full)
step "simulator" simulator "$($full && echo 100000 || echo 12000)"
$full && step "simulator's mutants" go run ./scripts/simulate/mutants
step_with promtool_there "promtool is neither installed nor in reach" "alert rules" alerts
step_with npm_judges "npm packages cannot be installed" "CloudFormation templates" templates
$full && step_with npm_judges "npm packages cannot be installed" "policies, judged by a simulator of IAM" policies
step "Kubernetes manifests" manifests
$full && step "container image" image
step "demo" demo
step_with browser "Chromium, playwright-core or axe-core cannot be installed" "dashboard in a browser" page "$($full && echo full || echo smoke)"
step "benchmarks, briefly" benchmarks
step_with npm_servers "npm packages cannot be installed" "conformance with independent servers" conformance
step "independent clients" clients
step "soak, briefly" soak
step_with readers "npm packages of DuckDB, Arrow and hyparquet cannot be installed" "real processes, judged by DuckDB" processes

[ "${#budget[@]}" -gt 0 ] || { echo "no step has any of these words in its name: ${parts[*]}" >&2; exit 2; }
printf '\n=== time\n'
printf '%s\n' "${budget[@]}"
printf '%5ds  in all\n\n' $SECONDS
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
