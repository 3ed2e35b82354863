// Makes a stream and a bucket of one name, or removes them with the table: node stage.mjs create|remove ENDPOINT NAME.
import * as kinesis from "@aws-sdk/client-kinesis";
import * as dynamodb from "@aws-sdk/client-dynamodb";
import * as s3 from "@aws-sdk/client-s3";

const [what, endpoint, name] = process.argv.slice(2);
const config = { endpoint, region: process.env.AWS_REGION };
const streams = new kinesis.KinesisClient(config);
const buckets = new s3.S3Client({ ...config, forcePathStyle: true });

if (what === "create") {
  await streams.send(new kinesis.CreateStreamCommand({ StreamName: name, ShardCount: 2 }));
  await kinesis.waitUntilStreamExists({ client: streams, maxWaitTime: 30, minDelay: 1 }, { StreamName: name });
  await buckets.send(new s3.CreateBucketCommand({ Bucket: name }));
} else {
  await streams.send(new kinesis.DeleteStreamCommand({ StreamName: name }));
  await new dynamodb.DynamoDBClient(config).send(new dynamodb.DeleteTableCommand({ TableName: name }));
  for await (const page of s3.paginateListObjectsV2({ client: buckets }, { Bucket: name })) {
    for (const { Key } of page.Contents ?? []) await buckets.send(new s3.DeleteObjectCommand({ Bucket: name, Key }));
  }
  await buckets.send(new s3.DeleteBucketCommand({ Bucket: name }));
}
streams.destroy();
