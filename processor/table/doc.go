// Package table is the Parquet table of rows: one user record each, with what was recommended for it.
//
//	[Row]                    one row in memory; [FromEvent] makes it
//	[Writer]                 rows to the bytes of one file, reproducibly
//	[Read], [ReadFacts]      a file to rows, or to what a model needs of them
//	[Schema], [SchemaHash]   the columns, for people and for comparison
//
// # The columns
//
// The envelope (shard_id to partition_key, arrival_time, duplicate) is required; whatever came from a producer is
// nullable. shard_id, sequence_number, sub_sequence and line identify a row within a generation of the log. Names are in
// snake case. Times are microseconds in UTC, amounts DECIMAL(18,4), strings UTF-8. Lists have the standard three levels:
//
//	browse_history   list<struct<product_code, quantity, in_shopping_cart, event, category, brand, price, currency, extra>>
//	recommendations  list<struct<product_code, score>>, best first
//
// extra is a JSON object of what has no column. A record that could not be decoded has error ("class: reason") and raw
// instead of the fields, and counts like any other row. With a privacy key, customer_id is a pseudonym and extra and raw
// are sealed; key_id says by which key.
//
// The schema evolves by new nullable columns with new field ids. Files of all versions read into the same Row, and a
// reader that matches columns by name or by id can read them side by side.
//
// # The file
//
// Pages have version 1, about 64 KiB at most and a checksum; they are compressed by [Codec]. Strings that repeat are numbered by a dictionary.
// Row groups end after 65,536 rows or 16 MiB, so a Writer's memory is bounded by that and by its finished row groups; [Writer.Heap] tells it.
// The page index prunes by time, sequence number and session; a Bloom filter finds a session_id. No sort order is declared: rows are in stream
// order, which is no order of a column. The footer has the keys schema_version, schema_hash, created_by, crc32c and the caller's.
//
// # Non-obvious
//
//   - Row groups are put together here, from the encodings, structures and filters of parquet-go; its own writer takes several times the memory, since
//     its dictionaries are Go maps, and its bytes depend on how rows were divided between calls. Here they depend on the rows alone.
//   - All encodings are those that every reader has: PLAIN, RLE and RLE_DICTIONARY. BYTE_STREAM_SPLIT would make scores smaller, and Spark 3 cannot read
//     it without switching its vectorized reader off; the delta encodings need Spark 3.3.
//   - Nullable columns are pointers, which keep null and empty apart. The tags json and optional lose every value together in parquet-go v0.32.0.
//   - Of the bounds of long strings, which may be megabytes of raw, the footer has none and the page index the first bytes, the greatest raised by one. A
//     column whose values nothing bounds (scores that are not numbers, raw of bytes 255) has no page index.
//   - Dictionaries have no size limit but the row group: the Bloom filter is made from that of session_id.
//   - parquet-go panics on some damaged files, and on a flipped bit in the header of a page, which no checksum of Parquet
//     covers, it may allocate gigabytes or follow a number as a pointer. Read and ReadFacts therefore compare the whole
//     file with a checksum of our own first, and turn panics into ErrCorrupt. ReadInfo, which reads the footer only, and they compare the
//     lengths in it with its size before parquet-go believes them.
//   - Times before 1678 or after 2262 are written right and read wrong by Read, which counts nanoseconds. Kinesis arrival
//     times are never there, and event times are close to them.
package table
