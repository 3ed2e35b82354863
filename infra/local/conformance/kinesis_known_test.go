package conformance_test

import "maps"

// notOffered are the checks of enhanced fan-out, which our own Kinesis refuses by name.
func notOffered() map[string]string {
	const reason = "enhanced fan-out is not offered"
	return map[string]string{
		"RegisterStreamConsumer -> ACTIVE":                 reason,
		"SubscribeToShard (EFO event stream) live records": reason,
		"SubscribeToShard on closed shard: ChildShards":    reason,
		"DeregisterStreamConsumer":                         reason,
	}
}

// notThrottled are the checks of rates, which no other server enforces.
func notThrottled() map[string]string {
	return map[string]string{
		"read throttle: 5 GetRecords/s/shard":           "it does not throttle",
		"write throttle: 1 MB/s / 1000 rec/s per shard": "it does not throttle",
	}
}

// union joins lists of differences.
func union(lists ...map[string]string) map[string]string {
	all := make(map[string]string)
	for _, list := range lists {
		maps.Copy(all, list)
	}
	return all
}

// kinesaliteKnown are the differences of kinesalite 3.3.3.
func kinesaliteKnown() map[string]string {
	const (
		missing = "it does not know the operation"
		ignored = "it ignores the parameter"
		byName  = "it knows streams by name only"
	)
	return union(notOffered(), notThrottled(), map[string]string{
		"StreamARN addressing (Describe, ListShards)":                           byName,
		"Put, GetShardIterator and GetRecords by StreamARN":                     byName,
		"ListShards pagination MaxResults=1+NextToken":                          ignored,
		"DescribeStream pagination Limit=1":                                     ignored,
		"ListShards filter AT_LATEST":                                           ignored,
		"ListShards filter AT_TRIM_HORIZON":                                     ignored,
		"ListShards filter FROM_TRIM_HORIZON / AFTER_SHARD_ID":                  ignored,
		"ListShards filter AT_TIMESTAMP / FROM_TIMESTAMP":                       ignored,
		"ListShards filter without its parameter rejected":                      ignored,
		"AT_TIMESTAMP after the last record: iterator, no hang":                 "it never answers",
		"GetRecords Limit=10 and MillisBehindLatest>0":                          "it is always 0",
		"GetRecords response capped at 10 MB":                                   "it returns everything",
		"closed parent: ChildShards returned at end":                            "it returns none",
		"merged parents: ChildShards names both parents":                        "it returns none",
		"SplitShard of a closed shard or outside its range rejected":            "it splits closed shards again",
		"MergeShards of closed shards rejected":                                 "it merges closed shards again",
		"PutRecord ExplicitHashKey of 2^128 rejected":                           "it takes any number",
		"PutRecords of more than 10 MiB rejected":                               "it cuts the connection",
		"Record of 1 MiB+1 with its key rejected":                               "it does not count the key",
		"retention below 24 h or above 8760 h rejected":                         "its maximum is 168 h",
		"UpdateShardCount 2->4 UNIFORM_SCALING":                                 missing,
		"UpdateShardCount 4->2 UNIFORM_SCALING":                                 missing,
		"UpdateShardCount 2->3 is uniform, too":                                 missing,
		"UpdateShardCount to more than double or less than half rejected":       missing,
		"ON_DEMAND streams refuse UpdateShardCount, SplitShard and MergeShards": "it has no modes",
		"UpdateStreamMode to ON_DEMAND and back":                                missing,
		"UpdateMaxRecordSize lets larger records in":                            missing,
		"UpdateMaxRecordSize above 10 MiB rejected":                             missing,
		"DescribeLimits counts open shards":                                     missing,
	})
}

// kinesaliteFatal are the checks that end kinesalite.
func kinesaliteFatal() map[string]string {
	return map[string]string{"ListShards NextToken with StreamName or garbage rejected": "a NextToken ends the process"}
}

// kinesisLocalKnown are the differences of kinesis-local 0.6.2.
func kinesisLocalKnown() map[string]string {
	const (
		unchecked = "it does not check"
		initial   = "it does not send the initial response that the SDK waits for"
		size      = "it does not know the size of a record"
	)
	return union(notThrottled(), map[string]string{
		"SubscribeToShard (EFO event stream) live records":                      initial,
		"SubscribeToShard on closed shard: ChildShards":                         initial,
		"PutRecords >500 rejected":                                              unchecked,
		"PutRecords of more than 10 MiB rejected":                               unchecked,
		"PutRecord ExplicitHashKey of 2^128 rejected":                           "it answers with status 500",
		"Record of 1 MiB+1 rejected (default max)":                              size,
		"Record of 1 MiB+1 with its key rejected":                               size,
		"PutRecords with one record too large stores none":                      size,
		"UpdateMaxRecordSize lets larger records in":                            size,
		"GetRecords garbage iterator rejected":                                  "it answers with status 500",
		"GetShardIterator garbage sequence number rejected":                     unchecked,
		"GetShardIterator sequence number of another shard rejected":            unchecked,
		"GetShardIterator sequence number of another stream rejected":           "it says ResourceNotFound",
		"GetShardIterator with parameters that do not fit its type rejected":    unchecked,
		"SplitShard of a closed shard or outside its range rejected":            "it splits at the start of a shard",
		"child shards start above the end of their parent":                      "the end of a closed shard is 2^63-1",
		"closed parent: LATEST / AFTER_SEQ(end) ends":                           "the end of a closed shard is 2^63-1",
		"UpdateShardCount 2->3 is uniform, too":                                 "it splits one shard in halves",
		"UpdateShardCount to more than double or less than half rejected":       "it takes less than half",
		"ON_DEMAND streams refuse UpdateShardCount, SplitShard and MergeShards": unchecked,
		"ListShards filter AT_TRIM_HORIZON":                                     "it returns all shards",
		"ListShards filter without its parameter rejected":                      "it answers with a SerializationException",
	})
}
