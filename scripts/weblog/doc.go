// Package weblog finds shoppers' activity in the log of a web server, in which requests of all kinds and system metrics are mixed.
//
//	line ─► JSON object?  ─► of a format that workers read ─────────────────────────► as it stands, with an event_id
//	   │                  └► a request, by its fields ─┐
//	   └──► combined log format ─► a request ──────────┴► a shopper's? ─► URL rules ─► a native record
//
// A [Reader] tells of each line what it is: activity with its record, a request or message that is none, the request of a robot, or malformed. What
// counts as activity is said by [Rules], a JSON file; README.md describes it and the defaults, which are shop.json.
//
// # Non-obvious
//
//   - A line in a format that workers read stays as it is, byte for byte, when it has an id of its own. Else event_id is put behind its first
//     brace: the ID of the line, so that a line that is put twice is known as a repetition.
//   - A native line needs a history or a product: a message of an application that happens to name a session is no activity.
//   - Addresses of clients are not kept. A session that is named after a client is a hash of address and agent, under the salt of the position file.
package weblog
