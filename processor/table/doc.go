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
// Pages have version 1, about 64 KiB and a checksum; they are compressed by [Codec]. Row groups end after 65,536 rows or
// 16 MiB, so a Writer's memory is bounded by that and by its finished row groups. The page index prunes by time,
// sequence number and session; a Bloom filter finds a session_id. No sort order is declared: rows are in stream order,
// which is no order of a column. The footer has the keys schema_version, schema_hash, created_by, crc32c and the
// caller's.
//
// # Non-obvious
//
//   - parquet-go decides when to end a page at the end of each Write. Writer therefore hands rows over in chunks counted
//     from the start of the file: the same rows give the same bytes, however Append brought them.
//   - A plain optional string would store "" as null, and optional []byte an empty value as null. Pointers keep them apart.
//     Tags with json must not be combined with optional: parquet-go v0.32.0 then stores null for every row.
//   - A footer would hold the least and greatest value of every column in full, up to megabytes of raw. Bounds longer
//     than 64 bytes are dropped from the footer. The option of parquet-go that leaves bounds away must not be used
//     instead: it writes a page index that claims "" as both bounds, by which readers prune rows that exist.
//   - Reset of parquet-go v0.32.0 empties the column names in the footers of all later files. Close writes the footer anew,
//     and a test compares the files of a reused Writer with those of new ones.
//   - Dictionaries have no size limit but the row group: with one, the Bloom filter of parquet-go would miss every value
//     that comes after it.
//   - parquet-go panics on some damaged files, and on a flipped bit in the header of a page, which no checksum of Parquet
//     covers, it may allocate gigabytes or follow a number as a pointer. Read and ReadFacts therefore compare the whole
//     file with a checksum of our own first, and turn panics into ErrCorrupt. ReadInfo, which reads the footer only, and they compare the
//     lengths in it with its size before parquet-go believes them.
//   - Times before 1678 or after 2262 are written right and read wrong by Read, which counts nanoseconds. Kinesis arrival
//     times are never there, and event times are close to them.
package table
