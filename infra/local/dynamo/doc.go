// Package dynamo is an in-process Amazon DynamoDB: the part of it that a table of leases needs, faithful to the wire.
//
// A [Service] is an http.Handler that AWS SDKs and the AWS CLI talk to as they do to the real service:
//
//	service, err := dynamo.New(dynamo.Options{})
//	server := httptest.NewServer(service)
//	client := dynamodb.New(dynamodb.Options{BaseEndpoint: &server.URL, …})
//	…
//	service.Close()
//
// # What there is
//
// Tables with a partition key and perhaps a sort key; PutItem, GetItem, UpdateItem, DeleteItem, Query, Scan, the batches and
// the transactions, with the whole expression language, return values, item sizes and capacity units; tags, deletion
// protection, billing modes; the settings of time to live and of point-in-time recovery, which are kept and have no effect.
//
// What there is not: secondary indexes, streams, PartiQL, backups, global tables, legacy parameters (Expected,
// AttributeUpdates, KeyConditions and their like), throttling, signatures, expiry of items. An operation or a parameter that
// is not there is refused by name, never ignored.
//
// # How it works
//
//   - http.go takes a request apart, operation.go has the table of operations, one file each has the operations.
//   - A write is a value (write.go): which item, under which condition, with which effect. It is located, evaluated and
//     committed, alone or with others, so that single writes, batches and transactions share one path.
//   - The rows of a table are kept in the order of their ids (rows.go, schema.go): a hash of the partition key, the partition
//     key, then the sort key in a form whose bytes sort as its values do. A Query is a range of ids, and so is a segment of a
//     Scan.
//   - Items are immutable. A write replaces a row, so what a read has found may be encoded without a lock.
//   - Package internal/attr has the values, internal/expr the expressions, internal/journal the files.
//
// # Guarantees
//
// Operations are linearizable: each one happens at one moment between its request and its response, alone. A batch of writes is
// atomic, which the real service does not promise. Reads are consistent whether ConsistentRead asks for it or not; the flag only
// changes what they cost.
//
// With [Options].Dir a change is in the journal before its response: it survives the death of the process, though not the loss of
// power. A change that cannot be journalled does not happen and is answered with InternalServerError.
//
// # Non-obvious
//
//   - There are no goroutines and no timers: CREATING ends when somebody looks after its time. So the service works in a
//     testing/synctest bubble, on its clock. The lock is held while the journal is written, never while anything waits for
//     another goroutine or for time.
//   - Error texts are the real service's wherever they are known, since clients and people match on them. Of several errors in
//     one request, which one is reported may differ.
//   - size of a string counts its UTF-8 bytes; whether the real service counts characters is not established.
//   - A page ends with the item that reaches 1 MB, and has a LastEvaluatedKey whenever it ended early, even if nothing is left.
//   - REMOVE and DELETE alone do not make a missing item, as in the real service; every other update does.
package dynamo
