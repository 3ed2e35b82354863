"""Puts events with boto3: put_boto.py ENDPOINT STREAM. Prints how many user records and Kinesis records that were."""

import gzip
import json
import sys

import boto3

endpoint, stream = sys.argv[1:]
kinesis = boto3.client("kinesis", endpoint_url=endpoint)


def event(i):
    entry = {"product_code": f"P{i % 17}", "quantity": str(1 + i % 3), "in_shopping_cart": i % 2 == 0}
    return json.dumps({"session_id": f"boto-{i}", "event_id": f"boto-{i}", "city": "Münster", "browse_history": [entry]})


for i in range(5):
    kinesis.put_record(StreamName=stream, Data=event(i).encode(), PartitionKey=f"boto-{i}")
records = [{"Data": event(i).encode(), "PartitionKey": f"boto-{i}"} for i in range(5, 40)]
lines = "\n".join(event(i) for i in range(40, 47))
records.append({"Data": gzip.compress(lines.encode()), "PartitionKey": "lines"})
answer = kinesis.put_records(StreamName=stream, Records=records)
if answer["FailedRecordCount"]:
    sys.exit(f"{answer['FailedRecordCount']} records failed")
print(47, 5 + len(records))
