"""boto3 against one endpoint that serves Kinesis, DynamoDB and S3."""

import sys
import uuid

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

NAME = f"boto-{uuid.uuid4()}"


def client(service):
    return boto3.client(service, endpoint_url=sys.argv[1], config=Config(retries={"max_attempts": 3}))


def equal(what, got, want):
    if got != want:
        raise AssertionError(f"{what}: got {got!r}, want {want!r}")


def refused(code, call, **arguments):
    """The call has to fail with this error code."""
    try:
        call(**arguments)
    except ClientError as error:
        equal("error code", error.response["Error"]["Code"], code)
        return
    raise AssertionError(f"accepted, want {code}")


def read_shard(kinesis, shard, kind="TRIM_HORIZON"):
    iterator = kinesis.get_shard_iterator(StreamName=NAME, ShardId=shard, ShardIteratorType=kind)["ShardIterator"]
    records, empty = [], 0
    while iterator and empty < 2:
        page = kinesis.get_records(ShardIterator=iterator, Limit=9)
        records += page["Records"]
        empty = 0 if page["Records"] else empty + 1
        iterator = page.get("NextShardIterator")
    return records


def check_kinesis():
    kinesis = client("kinesis")
    kinesis.create_stream(StreamName=NAME, ShardCount=1)
    try:
        kinesis.get_waiter("stream_exists").wait(StreamName=NAME, WaiterConfig={"Delay": 1})
        sent = [f"click {i} in Münster".encode() for i in range(30)]
        for i, data in enumerate(sent[:10]):
            kinesis.put_record(StreamName=NAME, Data=data, PartitionKey=str(i))
        answer = kinesis.put_records(StreamName=NAME, Records=[{"Data": data, "PartitionKey": "p"} for data in sent[10:]])
        equal("failed records", answer["FailedRecordCount"], 0)
        records = read_shard(kinesis, "shardId-000000000000")
        equal("records", [record["Data"] for record in records], sent)
        numbers = [int(record["SequenceNumber"]) for record in records]
        equal("order", numbers, sorted(set(numbers)))

        kinesis.split_shard(StreamName=NAME, ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127))
        kinesis.get_waiter("stream_exists").wait(StreamName=NAME, WaiterConfig={"Delay": 1})
        shards = kinesis.list_shards(StreamName=NAME)["Shards"]
        equal("parents", [shard.get("ParentShardId") for shard in shards], [None] + ["shardId-000000000000"] * 2)
        equal("parent is closed", "EndingSequenceNumber" in shards[0]["SequenceNumberRange"], True)
        equal("parent still has its records", len(read_shard(kinesis, "shardId-000000000000")), len(sent))
        refused("ResourceNotFoundException", kinesis.describe_stream, StreamName=NAME + "-missing")
    finally:
        kinesis.delete_stream(StreamName=NAME)


def check_dynamodb():
    dynamodb = client("dynamodb")
    dynamodb.create_table(
        TableName=NAME,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "leaseKey", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "leaseKey", "KeyType": "HASH"}],
    )
    try:
        dynamodb.get_waiter("table_exists").wait(TableName=NAME, WaiterConfig={"Delay": 1})
        item = {"leaseKey": {"S": "shard-å"}, "parentShardIds": {"SS": ["a", "b"]}, "leaseCounter": {"N": "1"}}
        create = {"TableName": NAME, "Item": item, "ConditionExpression": "attribute_not_exists(leaseKey)"}
        dynamodb.put_item(**create)
        refused("ConditionalCheckFailedException", dynamodb.put_item, **create)
        found = dynamodb.get_item(TableName=NAME, Key={"leaseKey": item["leaseKey"]}, ConsistentRead=True)["Item"]
        equal("item", {**found, "parentShardIds": {"SS": sorted(found["parentShardIds"]["SS"])}}, item)
        take = {
            "TableName": NAME,
            "Key": {"leaseKey": item["leaseKey"]},
            "UpdateExpression": "SET leaseCounter = leaseCounter + :one REMOVE parentShardIds",
            "ConditionExpression": "leaseCounter = :held",
            "ExpressionAttributeValues": {":one": {"N": "1"}, ":held": {"N": "1"}},
            "ReturnValues": "ALL_NEW",
        }
        equal("taken", dynamodb.update_item(**take)["Attributes"], {"leaseKey": item["leaseKey"], "leaseCounter": {"N": "2"}})
        refused("ConditionalCheckFailedException", dynamodb.update_item, **take)
        refused("ResourceNotFoundException", dynamodb.describe_table, TableName=NAME + "-missing")
    finally:
        dynamodb.delete_table(TableName=NAME)


def check_s3():
    s3 = client("s3")
    s3.create_bucket(Bucket=NAME)
    keys = ["gen=0/b c+d%20", "gen=0/dt=2026-11-23/hour=07/a.parquet", "gen=0/x\x01y", "gen=1/日本", "top"]
    try:
        equal("empty bucket", s3.list_objects_v2(Bucket=NAME)["KeyCount"], 0)
        for key in keys:
            s3.put_object(Bucket=NAME, Key=key, Body=f"body of {key}".encode(), Metadata={"First": "1"}, ContentType="text/plain")
            answer = s3.get_object(Bucket=NAME, Key=key)
            equal("body", answer["Body"].read().decode(), f"body of {key}")
            equal("metadata", answer["Metadata"], {"first": "1"})
            equal("type", answer["ContentType"], "text/plain")
        equal("range", s3.get_object(Bucket=NAME, Key="top", Range="bytes=-3")["Body"].read(), b"top")
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=NAME, PaginationConfig={"PageSize": 2})
        equal("keys", [entry["Key"] for page in pages for entry in page["Contents"]], keys)
        pages = s3.get_paginator("list_objects").paginate(Bucket=NAME, Delimiter="/", PaginationConfig={"PageSize": 1})
        equal("folders", [entry["Prefix"] for page in pages for entry in page.get("CommonPrefixes", [])], ["gen=0/", "gen=1/"])
        refused("NoSuchKey", s3.get_object, Bucket=NAME, Key="missing")
        refused("404", s3.head_object, Bucket=NAME, Key="missing")
        refused("404", s3.head_bucket, Bucket=NAME + "-missing")
        refused("BadDigest", s3.put_object, Bucket=NAME, Key="bad", Body=b"x", ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==")
        s3.copy_object(Bucket=NAME, Key="copy", CopySource={"Bucket": NAME, "Key": "gen=0/b c+d%20"})
        equal("copy", s3.get_object(Bucket=NAME, Key="copy")["Body"].read(), b"body of gen=0/b c+d%20")
    finally:
        s3.delete_object(Bucket=NAME, Key=keys.pop(2))  # XML has no way to write this key
        s3.delete_objects(Bucket=NAME, Delete={"Objects": [{"Key": key} for key in keys + ["copy"]]})
        s3.delete_bucket(Bucket=NAME)


for check in (check_kinesis, check_dynamodb, check_s3):
    check()
