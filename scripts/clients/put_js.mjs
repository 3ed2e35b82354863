// Puts events with the AWS SDK for JavaScript, plain ones and such as aws-kinesis-agg has aggregated: node put_js.mjs ENDPOINT STREAM.
// Prints how many user records and how many Kinesis records that were.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as kinesis from "@aws-sdk/client-kinesis";
import aggregation from "aws-kinesis-agg";

const [endpoint, stream] = process.argv.slice(2);
const client = new kinesis.KinesisClient({ endpoint, region: process.env.AWS_REGION, maxAttempts: 3 });

const event = (kind, i) => JSON.stringify({
  session_id: `${kind}-${i}`, event_id: `${kind}-${i}`, city: "Luleå", browse_history: [{ product_code: `P${i % 17}`, quantity: `${1 + (i % 3)}`, in_shopping_cart: i % 2 === 0 }],
});

async function put(records) {
  const answer = await client.send(new kinesis.PutRecordsCommand({ StreamName: stream, Records: records }));
  assert.equal(answer.FailedRecordCount, 0);
  return records.length;
}

const plain = Array.from({ length: 23 }, (_, i) => ({ Data: Buffer.from(event("js", i)), PartitionKey: `js-${i}` }));

// An aggregate has the records of one of the two shards: the others would be no business of its reader.
const lower = (key) => createHash("md5").update(key).digest()[0] < 128;
const aggregates = [];
const userRecords = 311;
for (const half of [true, false]) {
  const aggregator = new aggregation.RecordAggregator();
  for (let i = 0, n = 0; i < userRecords; i++) {
    const partitionKey = `agg-${i}`;
    if (lower(partitionKey) !== half) continue;
    aggregator.addUserRecord({ partitionKey, data: Buffer.from(event("agg", i)) });
    if (++n % 40 === 0) aggregates.push(aggregator.build());
  }
  const rest = aggregator.build();
  if (rest) aggregates.push(rest);
}
const packed = aggregates.map((a) => ({ Data: a.data, PartitionKey: a.partitionKey }));
assert.ok(packed.every((r) => r.Data.subarray(0, 4).toString("hex") === "f3899ac2"));
const records = (await put(plain)) + (await put(packed));
console.log(plain.length + userRecords, records);
