// Package leasetest has what tests of leases need: a lease.Store in memory, and the conformance suite that every lease.Store has to pass.
//
//	table := leasetest.NewTable()                 // what all workers share
//	store := &leasetest.Store{Table: table}       // one worker's way to it
//	store.Inject(func(ctx context.Context, op string) leasetest.Fault { … })
//	table.Settle()                                // late writes take effect, as far as their conditions hold
//
// A request can fail in every way in which one of DynamoDB can: without effect (Fail), with an effect and no answer (Lose), or with an effect that comes long
// after the caller has given up (Late); a Decide that blocks is a connection that hangs. Conformance is run by infra/dynamo against the real client, on our own local
// DynamoDB and on independent ones, and here against the memory: so tests and the simulator rest on a store that behaves like the one in production.
package leasetest
