// Package kinesis connects streamrec to Amazon Kinesis Data Streams through the AWS SDK.
//
// # Producer
//
// A Producer puts records into one stream:
//
//	p, err := kinesis.NewProducer(ctx, client, kinesis.ProducerOptions{
//		Stream:       "clicks",
//		Acknowledged: func(a kinesis.Ack) { … },
//	})
//	…
//	err = p.Put(ctx, kinesis.Record{Key: sessionID, Data: payload})
//	…
//	err = p.Close(ctx)
//
// What it promises:
//
//   - Every record that Put accepts gets exactly one Ack: its shard and sequence number, or an error.
//   - Records of one partition key enter the stream in the order of Put, also when single records of a request fail.
//   - A record is retried until it is in the stream, the service refuses that very record, or the producer ends:
//     the stream is missing, the credentials are not accepted, or nothing was taken for ProducerOptions.Patience.
//
// What it does not promise: that a record is in the stream only once. A request whose answer is lost may have taken
// effect, and is sent again. Such a copy can even arrive after later records of its key, when the lost request was only
// delayed. Ack.Attempts tells which records may have copies; readers tell them by the event_id inside the payload.
//
// # How it works
//
//	Put ─► lane of the key ─► ready queue ─► batch ─► PutRecords ─► answer ─► Ack
//	            ▲                 ▲                                   │
//	            └── next record ──┴───── hold (backoff) ◄─────────────┘ single records not taken
//
// One goroutine, the loop, owns all state; requests run beside it, at most MaxInFlight, and report to it. A batch goes
// out when it is full (500 records or 5 MiB), when its oldest record has lingered long enough, or when somebody flushes.
//
// # Non-obvious
//
//   - A request never carries two records of one key. The service handles the records of a request one by one: it
//     may refuse the earlier of two and take the later, and then nothing can restore the order. So a key has at most
//     one record under way, and its throughput is one record per round trip; throughput comes from many keys.
//   - A refusal of single records (their shard is over its limit) holds back those keys only. A request that fails as
//     a whole pauses all of them.
//   - The service refuses a whole request for one bad record. The request is then halved until the record is alone.
//     This comes before any order between keys, never before the order within one.
//   - The SDK's own retries are switched off per call: they would hide attempts from Ack.Attempts.
//   - The SDK can make net/http cut a connection whose answer is under way, and quick services such as a local one meet
//     that often. Calls go through a guard against it, transport.WholeBody; without, one record in 300 was put twice.
//   - A Stream copies the request that the SDK has made for its first page, with a new body, date and signature, and leaves everything but a page to the SDK:
//     see reads. That is a quarter of the time and of the memory.
//   - Errors never contain keys or payloads: the service's message for refused arguments, which quotes them, is cut.
package kinesis
