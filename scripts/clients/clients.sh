#!/usr/bin/env bash
# Runs clients that are not ours against an endpoint that serves Kinesis, DynamoDB and S3.
#
#   scripts/clients/clients.sh http://127.0.0.1:4566 [js] [boto] [awscli] [worker]
#
# Without names it runs all. worker lets a real worker, of the binary that STREAMREC_BINARY names, read what the others put, and what aws-kinesis-agg
# has aggregated. What a client needs is installed first: npm packages of fixed versions into
# ${STREAMREC_TOOLS:-.tools}/clients, Debian packages when root. A client that cannot be had is skipped by name. Every script
# makes streams, tables and buckets with names of its own and deletes them. The exit code is that of the worst client.
set -euo pipefail

js_version=3.1143.0
agg_version=4.2.8

usage() {
	sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2
	exit 2
}

[ $# -ge 1 ] || usage
endpoint=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
tools=${STREAMREC_TOOLS:-$here/../../.tools}/clients

# Nobody's real account is to be met by accident.
export AWS_ACCESS_KEY_ID=${STREAMREC_CLIENT_KEY:-test} AWS_SECRET_ACCESS_KEY=${STREAMREC_CLIENT_SECRET:-test}
export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
unset AWS_PROFILE AWS_SESSION_TOKEN AWS_ENDPOINT_URL AWS_CA_BUNDLE

# prepare_NAME says on stdout why a client cannot run; it says nothing when it can.
prepare_js() {
	command -v node >/dev/null && command -v npm >/dev/null || { echo "no node or npm"; return; }
	[ "$(cat "$tools/version" 2>/dev/null)" = "$js_version $agg_version" ] && return
	mkdir -p "$tools"
	npm install --prefix "$tools" --no-save --no-audit --no-fund --ignore-scripts --loglevel=error \
		"@aws-sdk/client-kinesis@$js_version" "@aws-sdk/client-dynamodb@$js_version" "@aws-sdk/client-s3@$js_version" \
		"aws-kinesis-agg@$agg_version" \
		>"$tools/npm.log" 2>&1 || { echo "npm install failed, see $tools/npm.log"; return; }
	echo "$js_version $agg_version" >"$tools/version"
}

prepare_boto() {
	python3 -c 'import boto3' 2>/dev/null || debian python3-boto3 || echo "no python3-boto3"
}

prepare_awscli() {
	command -v aws >/dev/null || debian awscli || echo "no awscli"
}

prepare_worker() {
	[ -n "${STREAMREC_BINARY:-}" ] || { echo "STREAMREC_BINARY is not set"; return; }
	prepare_js
}

debian() {
	[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$1" >/dev/null 2>&1
}

# Node finds packages relative to the script.
run_js() { cp "$here/js.mjs" "$tools/js.mjs" && node --no-warnings "$tools/js.mjs" "$endpoint"; }
run_boto() { python3 -W error::UserWarning "$here/boto.py" "$endpoint"; }
run_awscli() { bash "$here/awscli.sh" "$endpoint"; }
run_worker() { bash "$here/worker.sh" "$endpoint" "$STREAMREC_BINARY" "$tools"; }

[ $# -gt 0 ] || set -- js boto awscli worker
worst=0
for client; do
	declare -F "run_$client" >/dev/null || { echo "unknown client: $client" >&2; usage; }
	reason=$("prepare_$client")
	if [ -n "$reason" ]; then
		echo "SKIP $client: $reason"
	elif "run_$client"; then
		echo "ok   $client"
	else
		worst=1
		echo "FAIL $client"
	fi
done
exit $worst
