#!/usr/bin/env bash
# A real worker reads what clients that are not ours put: plain, compressed, aggregated. Run through clients.sh, which sets the environment.
#
#   worker.sh ENDPOINT BINARY TOOLS
#
# Every user record has to be a row, without an error, and the audit has to be clean.
set -euo pipefail

endpoint=$1 binary=$2 tools=$3
here=$(cd "$(dirname "$0")" && pwd)
name=worker-$$-$RANDOM
work=$(mktemp -d)
export AWS_ENDPOINT_URL=$endpoint AWS_PAGER=
worker=

# script NAME... runs a script of ours with its packages: Node finds them relative to it.
script() { cp "$here/$1" "$tools/$1" && node --no-warnings "$tools/$1" "${@:2}"; }

clean() {
	[ -z "$worker" ] || { kill "$worker"; wait "$worker"; } || true
	script stage.mjs remove "$endpoint" "$name" || true
	rm -rf "$work"
} >/dev/null 2>&1
trap clean EXIT

script stage.mjs create "$endpoint" "$name"
"$binary" worker --app "$name" --stream "$name" --bucket "$name" --no-privacy --flush-age 500ms --log-format json >"$work/worker.log" 2>&1 &
worker=$!

rows=0 records=0
# count ROWS RECORDS: so many were put.
count() { rows=$((rows + $1)) records=$((records + $2)); }

count $(script put_js.mjs "$endpoint" "$name")
if python3 -c 'import boto3' 2>/dev/null; then
	count $(python3 -W ignore "$here/put_boto.py" "$endpoint" "$name")
fi
if command -v aws >/dev/null; then
	for i in 1 2 3; do
		printf '{"session_id":"cli-%d","browse_history":[{"product_code":"P%d"}]}' "$i" "$i" >"$work/event.json"
		aws --endpoint-url "$endpoint" kinesis put-record --stream-name "$name" --partition-key "cli-$i" --data "fileb://$work/event.json" >/dev/null
	done
	count 3 3
fi

# audited prints rows, records and error rows as the audit counts them, if it is clean.
audited() {
	"$binary" audit --app "$name" --stream "$name" --bucket "$name" -o json >"$work/audit.json" 2>"$work/audit.log" &&
		node -p "const t = JSON.parse(require('fs').readFileSync('$work/audit.json')).totals; [t.rows, t.records, t.read.errorRows, t.stream.pending].join(' ')"
}

for _ in $(seq 1 60); do
	got=$(audited) || got="an audit that is not clean"
	[ "$got" = "$rows $records 0 0" ] && break
	sleep 0.5
done
if [ "$got" != "$rows $records 0 0" ]; then
	echo "rows, records, errors and pending records: got $got, want $rows $records 0 0" >&2
	cat "$work/audit.json" "$work/audit.log" "$work/worker.log" >&2
	exit 1
fi
kill "$worker" && wait "$worker"
worker=
echo "$rows user records in $records Kinesis records became $rows rows"
