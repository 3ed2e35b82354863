// Package dynamo implements lease.Store on one DynamoDB table per application.
//
// The key is (scope, leaseKey). Attribute names are those of the Java KCL where it has one.
//
//	scope   leaseKey   attributes
//	worker  worker id  heartbeat N, address S, secret S, leaving BOOL, recordsPerSecond N, heartbeatAt N, planAcked N, failoverMillis N, inbox SS of "leaseKey receiver"
//	lease   shard id   leaseOwner S, leaseCounter N, checkpoint M {type S, value S, hour N}, checkpointAt N, parentShardIds SS,
//	                   childShardIds SS, startingHashKey S, endingHashKey S, plan N, recordsPerSecond N, tip N, stopped S, generations S, tipPlan N
//	plan    plan       number N, state S, id S, generations S, hour N, published S, publishedBy N, switched N, previous S, acceptGaps BOOL, madeAt N, operator S, reason S
//	plan    positions#id#n  positions M of shard id to M {type S, value S, hour N}
//	plan    genesis    position M, shards SS
//	plan    binding    stream S, bucket S, prefix S, private BOOL
//	replay  its name   state S, generation N, from N, to N, readBackFrom S, rate N, settings S, madeAt N, operator S, reason S
//
// The rows of a side replay have the scopes replay/<name>/<generation>/worker, and so on for lease and plan.
//
// Every read is a consistent, paged Query or GetItem. There is no Scan, no index and no transaction, so the role of a worker needs
// no more than Query, GetItem, PutItem, UpdateItem and DeleteItem on the one table.
//
// # Non-obvious
//
//   - An absent owner is an absent attribute: DynamoDB refuses empty strings only in keys, but attribute_not_exists reads better in
//     a condition, and in the console.
//   - The inbox is a set because ADD creates it when it is absent; a map would have to exist before a member can be set.
//   - The SDK retries requests whose answer was lost. A conditional write that took effect then fails its own condition; the lease
//     package resolves that by reading the row.
package dynamo
