// Package event turns Kinesis records into user records: it unwraps, decodes, checks and pseudonymises.
//
// A [Decoder] belongs to one shard. Decode gives at least one [Event] for every record, in order, and cannot fail: what
// it cannot decode becomes an Event with Err and Raw, so that the record still has a row and nothing is skipped silently.
//
//	record ─► KPL aggregate? ─► gzip? ─► BOM? ─► one JSON text, or lines ─► one Event each
//	          one payload per   size and          each line valid or
//	          sub-record        ratio bounded     poison on its own
//
// An Event is identified by (sequence number, Sub, Line). Sub counts the sub-records of an aggregate, Line the physical
// lines of a newline-delimited payload, both from 0; both are 0 for a plain record.
//
// # The JSON of one event
//
//	{"session_id":"s-1","customer_number":7,"city":"Lund","country":"Sweden","credit_limit":500,
//	 "event_id":"e-9","event_time":"2026-11-23T09:00:00Z",
//	 "browse_history":[{"product_code":"P1","quantity":"2","in_shopping_cart":true,"event":"cart",
//	                    "category":"tea","brand":"Acme","price":"9.95","currency":"EUR"}]}
//
// Only session_id is required. A record of a single step may carry the fields of its one entry at the top level instead
// of browse_history. How each field is read:
//
//	session_id, event_id, customer_number,   a string, or a number: 412, 412.0 and 4.12e2 are "412". Strings are kept as
//	product_code, category                   they are, except that a customer_number that is a number in quotes equals it
//	city, country, brand, currency           a string
//	quantity                                 an integer of at most 18 digits, also in quotes, also 3.0
//	credit_limit, price                      a number that DECIMAL(18,4) holds exactly, also in quotes
//	in_shopping_cart                         true, false, 1, 0, "true", "True", "TRUE", "false", "False", "FALSE", "1", "0"
//	event                                    "view", "cart" or "purchase"; else in_shopping_cart decides: cart or view
//	event_time                               RFC 3339, or a Unix time in seconds or milliseconds, also in quotes or with a
//	                                         fraction; from 10^11 on a number counts milliseconds. Clamped to the day
//	                                         that ends with the arrival
//
// Strings of known fields have at most Limits.MaxText bytes. A known field of another type or size never spoils its
// record: the field counts as absent, and its value is kept in Extra under its name. Unknown fields are kept in Extra
// too, byte for byte, so numbers beyond 2^53 stay exact. A null equals a missing field; an empty string, 0 and an
// empty browse_history do not. Of equal names in one object the last counts.
//
// With an [Options].Foreign, records in other formats are rewritten to this one before they are read: see package mapping.
//
// What makes a record poison, with its class: see the constants of [Class].
//
// # Privacy
//
// With a [Privacy], customer numbers become pseudonyms (HMAC-SHA256), Raw is sealed (AES-GCM), and so are the members of
// Extra that Options.ClearFields does not name. Without one everything stays as it came; that is the caller's choice.
// A customer who has been erased ([Options].Erased) leaves rows that say nothing else, so that every record still has its rows.
// Errors never carry content of a payload: only classes, counts, limits and byte offsets.
//
// # Non-obvious
//
//   - The strings of an Event share one copy of its payload. Clone what outlives the batch.
//   - Decode reuses the History slices it finds beyond len(dst): passing dst[:0] gives up the events of the previous call.
//   - GetRecords does not tell the explicit hash key of a record, so only the sub-records of aggregates, which carry their
//     own, are checked against the hash range of the shard. An aggregate that was packed with an old shard map can hold
//     sub-records of another shard; the KPL notices and puts those again. A stray one is therefore a row with the class
//     misrouted and is not decoded, or it would count twice.
//   - A payload is newline-delimited if it is not one JSON text and has a line break between its lines. A damaged
//     pretty-printed object is therefore as many poison events as it has lines; together they hold all of it.
//   - An aggregate is taken whole or not at all: with a valid checksum, a malformed body is the producer's mistake, and
//     half an aggregate would be a loss that nobody sees.
//   - Sealing takes its nonce from the content and the position, so a replay of the same input writes the same bytes,
//     while equal contents at two positions do not look equal.
package event
