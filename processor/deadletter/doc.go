// Package deadletter finds the rows of a log that carry an error: the records that could not be decoded.
//
// Such a row is committed with all others, in the same objects, with the class and reason in error and the bytes of the record in raw,
// sealed unless privacy is off. Nothing is moved anywhere else, so there is no second queue that could lose or repeat them, and
// [Scan] reads the log itself:
//
//	list objects ─► get some ahead ─► read the rows, in order ─► Letter ─► each
//	 by hour, shard    bounded by bytes      by time, class
//
// # Non-obvious
//
//   - Time is that of arrival. An object's hour is never before the arrival of its records but may be after it, so one hour more
//     than asked for is listed.
//   - The log is read by listing, as every reader of the table does. Objects that are on no chain, which `streamrec audit` names, are
//     read too.
//   - An object that cannot be read stops nothing. It is named in [Totals].
package deadletter
