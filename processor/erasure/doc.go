// Package erasure keeps the list of customers who have been erased: tombstones in the bucket, by pseudonym, with a time.
//
//	<prefix>/erasures/<pseudonym>-<Unix milliseconds>.json    {"customer_id":…,"key_id":…,"erased_at":…}
//
// A tombstone covers what arrived until its time; a customer who comes back later is a customer. It is put if absent and never changed, so
// that the list needs no coordination, and one of a customer number that is not known to anybody: only its pseudonym under the key that
// key_id names. After a rotation a customer has a pseudonym under each key, and needs a tombstone for each.
//
// # Who honours it
//
//	decoder     a record of an erased customer becomes a row without content, also in a replay   event.Options.Erased
//	model       rows of erased customers are left out when the state is restored from the log    processor.Config.Erased
//	readers     the shipped views leave their rows out                                           infra/athena, infra/duckdb
//
// # Non-obvious
//
//   - Objects of the log are immutable: the rows that were written before stay in them until their generation is deleted. A replay writes them
//     anew without the customer.
//   - What could not be decoded has no known customer. Its bytes are sealed, and go with the key.
//   - What a running model has learned it keeps until it is restored: items that were seen together, without customer. Snapshots and states that
//     were made of it say how many tombstones they heed, and are not used once there are more: what is restored then is read from the log.
package erasure
