// Package kinesis is Amazon Kinesis Data Streams inside the process.
//
// A [Service] is an http.Handler that speaks the AWS JSON 1.1 protocol, so that the unmodified AWS SDKs and the command line
// talk to it, over a socket or straight through infra/local/inprocess:
//
//	service, err := kinesis.New(kinesis.Options{Dir: dir, EnforceLimits: true})
//	server := httptest.NewServer(service)
//	client := awskinesis.New(awskinesis.Options{BaseEndpoint: &server.URL, ...})
//
// It starts no goroutines and keeps time by [Options].Now only, so it works inside a testing/synctest bubble, and a day of
// retention passes as fast as the test moves its clock.
//
// # Where to start reading
//
//	http.go, operation.go       a request becomes a call; the table of operations
//	service.go, stream.go       finding a stream, its lock, changing its state
//	topology.go, scaling.go     shards: split, merge, scale, expire; values without clock or lock
//	filter.go, list_shards.go   which shards are listed
//	put.go, get.go              the two calls that matter; cursor.go and encode.go are their JSON
//	log.go, segment.go, view.go records of a shard: append, search, trim; views are read without a lock
//	catalog.go, log_load.go     what is on disk and how it is read back
//	budget.go                   rate limits
//	sequence.go, token.go       sequence numbers, iterators and page tokens
//
// # What it does
//
// CreateStream, DeleteStream, DescribeStream, DescribeStreamSummary, DescribeLimits, ListStreams, ListShards (all filters),
// PutRecord, PutRecords, GetShardIterator (all types), GetRecords, SplitShard, MergeShards, UpdateShardCount,
// IncreaseStreamRetentionPeriod, DecreaseStreamRetentionPeriod, UpdateStreamMode, UpdateMaxRecordSize, AddTagsToStream and
// ListTagsForStream. Streams are named by name or ARN. Every other operation is refused with an
// UnknownOperationException that names it: enhanced fan-out, encryption, monitoring, policies, channels. So are requests in
// CBOR, which the Java SDK sends unless told otherwise, and the parameters WarmThroughputMiBps and
// RecordDistributionStrategy AUTO. Signatures are not checked.
//
// The conformance suite in infra/local/conformance holds this and other implementations against the same list of checks.
//
// # Limits
//
// Sizes and counts hold always: 500 records and 10 MiB per PutRecords, 1 MiB of key and data per record (up to 10 MiB by
// UpdateMaxRecordSize), 10,000 records and 10 MiB per GetRecords, 5 minutes for iterators and tokens, 24 to 8760 hours of
// retention, 5 streams CREATING and 50 on demand, 50 tags.
//
// With [Options].EnforceLimits also the rates hold. A shard takes 1 MiB/s and 1,000 records/s (token buckets of one second,
// or of one record where the stream takes larger ones), and gives 2 MiB/s and 5 reads/s; after a read that was ended by its
// bytes it gives nothing for 5 s. PutRecords fails record by record. A stream is scaled at most 10 times and changes its mode
// at most twice in 24 hours. Rates of other calls are not enforced.
//
// # Resharding
//
// SplitShard, MergeShards and UpdateShardCount take effect at once; the stream then shows UPDATING for Options.CreateDelay
// while data flows. UpdateShardCount cuts the open shards at the boundaries of the target, and then merges what lies between
// them: see topology.scale. The target may be at most double and at least half of the open shards, so 8 to 3 takes two calls.
// A target equal to the count is accepted and makes uneven shards uniform. Streams on demand keep four shards: they do not
// scale by themselves, and refuse all three calls.
//
// A closed shard is listed until its closing is past retention; by then all its records are. Indices are never used again.
//
// # Records
//
// All sequence numbers of a stream increase in put order over all shards, by a counter inside the number, whatever the clock
// does. Those of another stream or shard are recognised and refused; those that are trimmed read from the trim horizon, as
// in the real service. A stream that is created anew gets larger numbers than before.
//
// ApproximateArrivalTimestamp is the time of the request in milliseconds. When the clock goes back, arrivals do; AT_TIMESTAMP
// then means the first record in put order that arrived at the time or later, and a record is trimmed when it and all before
// it are past retention.
//
// The last records of a closed shard come together with a missing NextShardIterator and the ChildShards. MillisBehindLatest
// is the age of the last record returned while more are stored, and 0 exactly if not.
//
// # Persistence
//
// With [Options].Dir streams, records and limits survive. Each shard appends to segment files of 4 MiB, one write per
// request, before the response is sent; a segment is deleted when all its records are past retention. The state of a stream
// is one JSON file that is replaced atomically and synchronised. Records are synchronised when their segment is full or the
// service is closed, not one by one: kill -9 loses nothing, a crash of the machine can lose the newest records. Their numbers
// are not given out again, because counters leap at a restart.
//
// New reads all segments and verifies every record's checksum. An incomplete end of the last segment of a shard is cut off
// and logged; damage anywhere else makes New fail. The last segment of a shard is also kept in memory; everything older is read
// from its file.
//
// # Non-obvious
//
// Memory: a record costs its key, its data and 26 bytes, plus 24 bytes of index per 4 KiB. With a folder only the index of old
// segments is in memory.
//
// Trimming happens on access: a put drops whole segments, a read moves the trim horizon to the record.
//
// The lock order is service, then stream. A stream's lock is held while records are copied and written, never while JSON is
// read or written or a client waits. A GetRecords takes a view of immutable bytes under the lock and encodes it without; if
// the files of the view are trimmed meanwhile it looks again.
//
// A change of a stream's state is made on a clone, saved, and only then put in place: what could not be saved has not
// happened.
package kinesis
