// Package eventfile reads recorded shop activity: JSON lines in streamrec's input format, or CSV, gzip or not.
//
//	r, err := eventfile.Open("clicks.csv.gz", os.Stdin, eventfile.Options{})
//	…
//	defer r.Close()
//	for e, err := range r.Events() {
//		…
//	}
//
// # JSON lines
//
// One record per line, in the form that package processor/event documents, and read by its decoder: what a worker will
// not be able to decode is malformed here too. The payload of the event is the line itself, byte for byte. With Options.Foreign that goes for lines in
// other formats, too. A session that a mapping names after a customer is a hash here, without a key.
//
// # CSV
//
// A header names the columns, in any order. These must be there:
//
//	ts_ms     when it happened, milliseconds since 1970
//	session   the session; it becomes the partition key
//	event     view, cart or purchase
//	item      the product code
//
// Further columns become fields of the record: category, brand, price, currency and quantity those of its one step;
// customer_number, city, country, credit_limit and event_id those of the record itself. Any other is kept under its own
// name; that of part, which says what a row is for in files that are split into train and test, is also yielded as
// Event.Part. An empty cell is an absent field. Fields may be quoted as in RFC 4180, but a line break always ends the row, so
// that one lost quotation mark spoils one row and not the rest of the file.
//
// A row becomes the payload
//
//	{"session_id":"s-17","event_id":"clicks.csv:2","event_time":"2026-11-23T09:00:00.000Z",
//	 "browse_history":[{"product_code":"S13_2119","in_shopping_cart":false,"event":"view","category":
//	                    "kitchen.kettles","brand":"Mosswick","price":48.90,"quantity":1}]}
//
// Its event_id is made of the file's name and the line, so that reading the file again gives the same ids, and repeats
// can be told from new activity.
//
// # Malformed lines
//
// A line that cannot be read is yielded as a *LineError, which names the line and says what is wrong without quoting it.
// Options.OnMalformed decides whether reading goes on. Memory is bounded by the longest line, at most 10 MiB; a longer one
// is malformed. Blank lines are passed over.
package eventfile
