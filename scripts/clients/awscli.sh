#!/usr/bin/env bash
# The AWS CLI against one endpoint that serves Kinesis, DynamoDB and S3. Run through clients.sh, which sets the environment.
set -euo pipefail

endpoint=$1
name=awscli-$$-$RANDOM
work=$(mktemp -d)

export AWS_PAGER=
cloud() { aws --endpoint-url "$endpoint" --output text "$@"; }

clean() {
	cloud kinesis delete-stream --stream-name "$name" || true
	cloud dynamodb delete-table --table-name "$name" || true
	cloud s3 rb --force "s3://$name" || true
	rm -rf "$work"
} >/dev/null 2>&1
trap clean EXIT

# equal WHAT GOT WANT
equal() {
	[ "$2" = "$3" ] || { printf '%s: got %q, want %q\n' "$1" "$2" "$3" >&2; exit 1; }
}

# refused CODE COMMAND...: the command has to fail with this error code.
refused() {
	local code=$1 output
	shift
	if output=$("$@" 2>&1); then
		echo "accepted, want $code: $*" >&2
		exit 1
	fi
	[[ $output == *"($code)"* ]] || { echo "want $code: $output" >&2; exit 1; }
}

check_kinesis() {
	local shard iterator
	cloud kinesis create-stream --stream-name "$name" --shard-count 1
	cloud kinesis wait stream-exists --stream-name "$name"
	for i in 1 2 3; do
		printf 'click %s in Luleå' "$i" >"$work/click"
		cloud kinesis put-record --stream-name "$name" --partition-key "$i" --data "fileb://$work/click" >/dev/null
	done
	shard=$(cloud kinesis list-shards --stream-name "$name" --query 'Shards[0].ShardId')
	iterator=$(cloud kinesis get-shard-iterator --stream-name "$name" --shard-id "$shard" --shard-iterator-type TRIM_HORIZON)
	cloud kinesis get-records --shard-iterator "$iterator" --query 'Records[].[Data]' >"$work/records"
	equal records "$(while read -r data; do base64 -d <<<"$data"; echo; done <"$work/records")" \
		"$(printf 'click %s in Luleå\n' 1 2 3)"
	refused ResourceNotFoundException cloud kinesis list-shards --stream-name "$name-missing"
}

check_dynamodb() {
	local item='{"leaseKey":{"S":"shard-å"},"leaseCounter":{"N":"7"}}'
	cloud dynamodb create-table --table-name "$name" --billing-mode PAY_PER_REQUEST \
		--attribute-definitions AttributeName=leaseKey,AttributeType=S --key-schema AttributeName=leaseKey,KeyType=HASH >/dev/null
	cloud dynamodb wait table-exists --table-name "$name"
	cloud dynamodb put-item --table-name "$name" --item "$item" --condition-expression 'attribute_not_exists(leaseKey)'
	refused ConditionalCheckFailedException \
		cloud dynamodb put-item --table-name "$name" --item "$item" --condition-expression 'attribute_not_exists(leaseKey)'
	equal counter "$(cloud dynamodb update-item --table-name "$name" --key '{"leaseKey":{"S":"shard-å"}}' \
		--update-expression 'ADD leaseCounter :one' --expression-attribute-values '{":one":{"N":"1"}}' \
		--return-values UPDATED_NEW --query 'Attributes.leaseCounter.N')" 8
}

check_s3() {
	cloud s3 mb "s3://$name" >/dev/null
	printf 'small\n' >"$work/small"
	head -c 20000000 /dev/urandom >"$work/large" # the CLI sends it in parts
	mkdir -p "$work/tree/gen=0/a b"
	printf 1 >"$work/tree/gen=0/a b/1"
	printf 2 >"$work/tree/gen=0/Luleå"
	cloud s3 cp --only-show-errors "$work/small" "s3://$name/dt=2026-11-23/small" --metadata first=1
	cloud s3 cp --only-show-errors "$work/large" "s3://$name/large"
	cloud s3 cp --only-show-errors "s3://$name/large" "$work/large.back"
	cmp "$work/large" "$work/large.back"
	cloud s3 sync --only-show-errors "$work/tree" "s3://$name/tree"
	equal 'second sync' "$(cloud s3 sync "$work/tree" "s3://$name/tree")" ''
	equal metadata "$(cloud s3api head-object --bucket "$name" --key dt=2026-11-23/small --query Metadata.first)" 1
	equal listing "$(cloud s3api list-objects-v2 --bucket "$name" --page-size 2 --query 'Contents[].[Key]')" \
		"$(printf '%s\n' dt=2026-11-23/small large tree/gen=0/Luleå 'tree/gen=0/a b/1')"
	equal ls "$(cloud s3 ls "s3://$name/" | awk '{print $1 == "PRE" ? $2 : $4}')" "$(printf '%s\n' dt=2026-11-23/ tree/ large)"
	refused NoSuchKey cloud s3api get-object --bucket "$name" --key missing "$work/missing"
	cloud s3 rm --recursive --only-show-errors "s3://$name"
	cloud s3 rb "s3://$name" >/dev/null
}

check_kinesis
check_dynamodb
check_s3
