// Package cloudformation has no code: its tests hold what the templates of this folder must not lose.
//
//	data.yaml      stream, lease table, bucket with its policy, privacy key, repository of images, topics and alarms. Everything is kept when the stack is deleted
//	roles.yaml     infra/iam as managed policies; generated
//	workers.yaml   workers on ECS Fargate: scaling by lag, alarms, dashboard
//	validate.mjs   the validator of AWS, offline; scripts/check.sh runs it
//
// None of the templates has been deployed yet. The validator checks types, properties and values against the schemas of the resources, not what only AWS knows.
//
// # Non-obvious
//
//   - The number of workers follows GetRecords.IteratorAgeMilliseconds, which Kinesis measures itself for the stream, over all who call GetRecords. With another
//     application on the same stream give each of them alarms on a metric of its own, such as streamrec_millis_behind_latest by way of a collector.
//   - Nothing raises MaxWorkers when a stream is resharded: CloudFormation cannot count shards. A worker too many does no harm, it holds no lease.
//   - The alarms about silence are in workers.yaml, since before there are workers nobody reads.
//   - UpdateShardCount is refused for ON_DEMAND streams. A PROVISIONED stream that was resharded differs from ShardCount, and an update of the stack that changes
//     that parameter would reshard it.
package cloudformation
