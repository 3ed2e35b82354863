// Package serve answers shoppers' questions over HTTP: any worker of a fleet takes any question.
//
//	GET /v1/recommendations?session_id=s-1&k=20            what the session is likely to touch next
//	GET /v1/recommendations?items=P1,P2                    the same for somebody who touched these, oldest first
//	GET /v1/items/{code}/similar                           what goes best with an item
//	GET /v1/sessions/{id}/recommendations/stream           server-sent events: a list now, and a new one whenever the session acts
//	GET /v1/ready                                          200 when the worker can answer, else 503: for load balancers
//
//	k            length of the list, 1 to 100; 20
//	exclude      seen, purchased, or both with a comma between
//	category     only this category: the catalogue's when there is one, else what the stream said of the item last
//	in_stock     true: only what the catalogue has in stock
//	price_min    only from this price on, as the catalogue has it; price_max: only up to this price
//	why          true: which sessions and items each score is made of
//	item         as items, but one code each, which may have commas in it; may be repeated
//
// # Who answers
//
// The session id is the partition key. Its MD5 lies in the hash range of one shard that is open, and the worker that owns the lease of that
// shard has its model, which knows every record as soon as it has been processed, long before it is committed:
//
//	                  the shard is open here          a row says who owns it          that worker answers
//	question ──┬──────────────────────────► live      ┌─────────────────────► forward ───────────────────► relayed
//	           └─ it is not ──────────────────────────┘         │ it does not own it, or cannot be reached
//	                                                            ▼
//	                                  the row is read again: another owner? ──► forward, once more
//	                                                            │ no
//	                                                            ▼
//	                                  what all shards have committed, as it is merged here: stale
//
// A question that is forwarded names the worker that it is meant for (header Streamrec-Hop), and whoever gets it answers as the owner or not
// at all, with 421: it is never forwarded again, so there are no loops whatever the rows say.
//
// # What an answer says
//
//	shard, worker, lease_counter   who answered, and under which lease
//	source                         live: the model of the shard; merged: what all shards have committed
//	stale                          true when the owner should have answered and could not: during a failover, a hand-off, a reset
//	staleness_ms                   live: how far the shard is behind the tip of the stream; merged: the age of the newest record of the shard
//	                               that the answer knows
//	history                        what the session has touched, newest first, as far as the answer knows
//
// Answers about items have no owner: they are merged, and not stale. Until something is merged, which takes about a minute from the beginning of an
// application, a shard that is open here answers live, from what it knows alone; where none is, the answer is stale, as old as everything that
// is not known: since 1970. Errors, also that there is nothing under a path, are problem documents (RFC 9457).
//
// # Streams
//
// A worker that does not own the session relays the stream of the owner, and looks for the next owner when it ends; until there is one, a
// list from the merged facts says that it is stale. So a stream outlives everybody but the worker that it was asked of, and when that one
// leaves, it says after which time to come back.
//
// # Non-obvious
//
//   - Ids of sessions that contributed are shown as digests: an id may be all that a shop asks of a shopper.
//   - A worker whose heartbeats are not confirmed does not answer as an owner: another one may be it by now.
//   - A forward to an address that hangs costs half a second, a few times, and then once a second; one that refuses costs nothing.
//   - Questions go to other workers over connections of this package's own, which need no goroutines: see connections. Streams go by net/http.
//   - Nothing here is written, and nothing authenticates: it belongs behind the shop, not before it. What workers ask each other for operators'
//     eyes, mounted by Server.Handle, is the exception: see package infra/dashboard.
package serve
