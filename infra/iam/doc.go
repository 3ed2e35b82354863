// Package iam has the policies of everybody who touches the stream, the lease table and the bucket, one file for each, and judges requests by them.
//
//	worker.json     streamrec worker
//	founder.json    what a worker that creates the lease table needs besides worker.json
//	producer.json   streamrec produce
//	resharder.json  streamrec reshard
//	operator.json   streamrec reset, erase
//	replayer.json   streamrec replay, but for drop
//	dropper.json    what streamrec replay drop needs besides
//	reader.json     streamrec status, audit, deadletters, recommend; analysts
//	sweeper.json    what streamrec audit --sweep-strays --execute needs besides reader.json
//	bucket.json     the policy of the bucket itself, which binds everybody, administrators included
//
// The files are the one source: infra/cloudformation has them word by word, and README.md says who may do what. In them ${Partition}, ${Region},
// ${Account}, ${Stream}, ${Table}, ${Bucket} and ${Prefix} stand for [Names].
//
// A [Guard] in front of the local services of infra/local refuses what AWS would refuse: the access key of a request begins with the name of the role. A test
// of scripts/streamrec runs every command of every role through it, and finds actions that are allowed and never needed; streamrec local has it with --roles, and
// the processes of scripts/e2e, which are killed, paused and cut off, run under it.
//
// # What is judged, and what is not
//
// Allow and Deny, wildcards in actions and resources, and those operators of conditions that the files use; another one is an error. There are no
// principals but everybody, no permission boundaries, no service control policies and no session policies: these can only take away.
//
// # Non-obvious
//
//   - S3 answers 403 instead of 404 about an object that does not exist when the caller must not list the bucket. The protocol lives on 404, so every
//     role that reads may list. The condition on s3:prefix lets a request pass that names no prefix, since that is how S3 asks the question behind a 404.
//   - HeadBucket needs s3:ListBucket, HeadObject needs s3:GetObject: neither has an action of its own.
//   - kinesis:UpdateShardCount has no resource in the reference of AWS, so that a resharder may set the number of shards of every provisioned stream. Whether AWS
//     heeds a stream's ARN there nevertheless has not been tried.
//   - dynamodb:LeadingKeys is the scope of a row: the lease table's hash key. ForAllValues is true of no values at all, hence the Null beside it.
//   - Kinesis finds the stream of an iterator or a page token in the token. A Guard takes it for the one stream of its names.
package iam
