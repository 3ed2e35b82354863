// Package fault injects faults between AWS clients and the services that answer them, at the HTTP seam, as scripted.
//
//	script := fault.New(seed)
//	handler = script.Wrap(handler)
//
//	lost := script.Add(fault.Rule{
//		Match:  fault.Match{Operations: []string{"PutObject"}, AccessKey: "worker-2", Prefix: "events/gen=0/"},
//		When:   fault.Nth(3),
//		Effect: fault.LoseAnswer(),
//	})
//	…
//	lost.Hits() // 1
//	lost.Remove()
//
// A [Rule] says which calls it is for ([Match]: service, operation, identity, table, stream, bucket, key), which of these it
// takes ([When]: the nth, the first n, every nth, by chance, all until removed) and what happens to them ([Effect]):
//
//	error        an error answer as the service writes it; nothing is applied
//	throttle     the service's own way to say "slower"
//	delay        the request waits, then goes on
//	late         the request is applied after the delay, whether or not the client has given up by then
//	lose-answer  the request is applied, then the connection is cut
//	cut          the connection is cut; nothing is applied
//	hang         nothing happens until the client gives up; nothing is applied
//	truncate     the answer is cut after some bytes of its body
//
// Clients are told apart by access key, so give each worker one of its own. [Script.CutOff] partitions one of them.
//
// A Script can be changed while requests are running. The same seed and the same order of calls give the same faults.
// [Script.Control] is the script over HTTP, for tests of whole processes:
//
//	POST   /_faults      {"operations":["PutObject"],"times":1,"effect":"lose-answer"}
//	GET    /_faults
//	DELETE /_faults/1    or /_faults for all
//
// and [Remote] is its client.
//
// # Non-obvious
//
// Rules are asked in the order in which they were added. Delays add up; the first other effect ends the search, and the rules
// behind it neither see nor count the call.
//
// A rule judges a request when it arrives. An answer that is under way when a partition begins still arrives.
//
// Removing a rule ends the waiting that it causes: a delayed request goes on, a hanging one is cut.
//
// Matching the table, stream or body of a Kinesis or DynamoDB call needs its body, which is then read to its end before the
// fault, also for a call that is to be cut.
package fault
