// The AWS SDK for JavaScript against one endpoint. Its Kinesis client speaks HTTP/2 without TLS here.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import * as kinesis from "@aws-sdk/client-kinesis";
import * as dynamodb from "@aws-sdk/client-dynamodb";
import * as s3 from "@aws-sdk/client-s3";

const endpoint = process.argv[2];
const config = { endpoint, region: process.env.AWS_REGION, maxAttempts: 3 };
const name = `js-${randomUUID()}`;

async function readShard(client, shard) {
  const { ShardIterator } = await client.send(
    new kinesis.GetShardIteratorCommand({ StreamName: name, ShardId: shard, ShardIteratorType: "TRIM_HORIZON" }),
  );
  const records = [];
  for (let iterator = ShardIterator, empty = 0; iterator && empty < 2; ) {
    const page = await client.send(new kinesis.GetRecordsCommand({ ShardIterator: iterator, Limit: 7 }));
    records.push(...page.Records);
    empty = page.Records.length === 0 ? empty + 1 : 0;
    assert.equal(typeof page.MillisBehindLatest, "number");
    iterator = page.NextShardIterator;
  }
  return records;
}

async function checkKinesis() {
  const client = new kinesis.KinesisClient(config);
  assert.match(client.config.requestHandler.metadata.handlerProtocol, /h2/, "the default handler is HTTP/2");
  await client.send(new kinesis.CreateStreamCommand({ StreamName: name, ShardCount: 2 }));
  try {
    await kinesis.waitUntilStreamExists({ client, maxWaitTime: 30, minDelay: 1 }, { StreamName: name });
    const { Shards } = await client.send(new kinesis.ListShardsCommand({ StreamName: name }));
    assert.equal(Shards.length, 2);
    assert.equal(BigInt(Shards[0].HashKeyRange.StartingHashKey), 0n);
    assert.equal(BigInt(Shards[1].HashKeyRange.EndingHashKey), 2n ** 128n - 1n);
    const sent = Array.from({ length: 40 }, (_, i) => `click ${i} in Luleå`);
    const put = await client.send(
      new kinesis.PutRecordsCommand({
        StreamName: name,
        Records: sent.map((text, i) => ({ Data: Buffer.from(text), PartitionKey: `session-${i}` })),
      }),
    );
    assert.equal(put.FailedRecordCount, 0);
    assert.equal(put.Records.length, sent.length);
    const read = (await Promise.all(Shards.map((shard) => readShard(client, shard.ShardId)))).flat();
    assert.deepEqual(read.map((record) => Buffer.from(record.Data).toString()).sort(), [...sent].sort());
    assert.ok(read.every((record) => record.ApproximateArrivalTimestamp instanceof Date));
    await assert.rejects(
      client.send(new kinesis.CreateStreamCommand({ StreamName: name, ShardCount: 1 })),
      (error) => error instanceof kinesis.ResourceInUseException,
    );
    await assert.rejects(
      client.send(new kinesis.ListShardsCommand({ StreamName: `${name}-missing` })),
      (error) => error instanceof kinesis.ResourceNotFoundException,
    );
  } finally {
    await client.send(new kinesis.DeleteStreamCommand({ StreamName: name }));
    client.destroy();
  }
}

async function checkDynamoDB() {
  const client = new dynamodb.DynamoDBClient(config);
  const key = { scope: { S: "lease" }, leaseKey: { S: "shardId-000000000000" } };
  await client.send(
    new dynamodb.CreateTableCommand({
      TableName: name,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [
        { AttributeName: "scope", AttributeType: "S" },
        { AttributeName: "leaseKey", AttributeType: "S" },
      ],
      KeySchema: [
        { AttributeName: "scope", KeyType: "HASH" },
        { AttributeName: "leaseKey", KeyType: "RANGE" },
      ],
    }),
  );
  try {
    await dynamodb.waitUntilTableExists({ client, maxWaitTime: 30, minDelay: 1 }, { TableName: name });
    const put = () =>
      client.send(
        new dynamodb.PutItemCommand({
          TableName: name,
          Item: { ...key, leaseCounter: { N: "1" } },
          ConditionExpression: "attribute_not_exists(leaseKey)",
        }),
      );
    await put();
    await assert.rejects(put(), (error) => error instanceof dynamodb.ConditionalCheckFailedException);
    const take = (counter) =>
      client.send(
        new dynamodb.UpdateItemCommand({
          TableName: name,
          Key: key,
          UpdateExpression: "SET leaseCounter = leaseCounter + :one, leaseOwner = :me",
          ConditionExpression: "leaseCounter = :held",
          ExpressionAttributeValues: { ":one": { N: "1" }, ":held": { N: counter }, ":me": { S: "worker-å" } },
          ReturnValues: "ALL_NEW",
          ReturnValuesOnConditionCheckFailure: "ALL_OLD",
        }),
      );
    assert.equal((await take("1")).Attributes.leaseCounter.N, "2");
    await assert.rejects(take("1"), (error) => error.name === "ConditionalCheckFailedException" && error.Item.leaseCounter.N === "2");
    const found = await client.send(
      new dynamodb.QueryCommand({
        TableName: name,
        ConsistentRead: true,
        KeyConditionExpression: "#s = :lease",
        ExpressionAttributeNames: { "#s": "scope" },
        ExpressionAttributeValues: { ":lease": { S: "lease" } },
      }),
    );
    assert.equal(found.Count, 1);
    assert.equal(found.Items[0].leaseOwner.S, "worker-å");
  } finally {
    await client.send(new dynamodb.DeleteTableCommand({ TableName: name }));
    client.destroy();
  }
}

async function checkS3() {
  const client = new s3.S3Client({ ...config, forcePathStyle: true });
  await client.send(new s3.CreateBucketCommand({ Bucket: name }));
  const keys = ["gen=0/b c+d", "gen=0/dt=2026-11-23/hour=07/a.parquet", "gen=1/日本", "top"];
  try {
    for (const Key of keys) {
      const put = () => client.send(new s3.PutObjectCommand({ Bucket: name, Key, Body: `body of ${Key}`, IfNoneMatch: "*", Metadata: { first: "1" } }));
      await put();
      await assert.rejects(put(), (error) => error.$metadata.httpStatusCode === 412 && error.name === "PreconditionFailed");
      const got = await client.send(new s3.GetObjectCommand({ Bucket: name, Key }));
      assert.equal(await got.Body.transformToString(), `body of ${Key}`);
      assert.deepEqual(got.Metadata, { first: "1" });
    }
    const part = await client.send(new s3.GetObjectCommand({ Bucket: name, Key: "top", Range: "bytes=5-6" }));
    assert.equal(await part.Body.transformToString(), "of");
    const listed = [];
    for await (const page of s3.paginateListObjectsV2({ client, pageSize: 1 }, { Bucket: name })) {
      listed.push(...page.Contents.map((object) => object.Key));
    }
    assert.deepEqual(listed, keys);
    const folders = await client.send(new s3.ListObjectsV2Command({ Bucket: name, Delimiter: "/" }));
    assert.deepEqual(folders.CommonPrefixes.map((entry) => entry.Prefix), ["gen=0/", "gen=1/"]);
    await assert.rejects(client.send(new s3.GetObjectCommand({ Bucket: name, Key: "missing" })), (error) => error instanceof s3.NoSuchKey);
    await assert.rejects(
      client.send(new s3.PutObjectCommand({ Bucket: name, Key: "bad", Body: "x", ChecksumCRC32: "AAAAAA==" })),
      (error) => error.name === "BadDigest",
    );
  } finally {
    await client.send(new s3.DeleteObjectsCommand({ Bucket: name, Delete: { Objects: keys.map((Key) => ({ Key })) } }));
    await client.send(new s3.DeleteBucketCommand({ Bucket: name }));
    client.destroy();
  }
}

for (const check of [checkKinesis, checkDynamoDB, checkS3]) {
  await check();
}
