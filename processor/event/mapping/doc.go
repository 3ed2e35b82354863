// Package mapping lets workers read what a shop already emits: it rewrites records of other formats as native ones, by mapping files.
//
// A mapping file is JSON: it says how records of the format are recognised, where the fields of a row are in them, and which events are steps of a
// shopper. README.md describes it for those who write one. Those of Segment and Google Analytics 4 are shipped, in formats.
//
//	text of a record ─► top-level names ─► mapping ─► values at its paths ─► text of a native record ─► the decoder of package event
//	                     none fits: as it came           what is left ─► extra.record, extra.item
//
// A [Set] has the mappings of a --format; a [Reader] of it belongs to one decoder. One record becomes one event: the items of all its events are
// one history, in their order. A record whose events are no steps, such as a page view, has an empty history: it is a row, and touches no model.
//
// # Non-obvious
//
//   - A record with a session_id is native and is not looked at, unless there is a mapping of somebody's own.
//   - Values are copied as they stand; types and limits are those of package event. A value that its column does not take is kept under the name of
//     the column, like that of a native record.
//   - What is left over is everything that did not become a value of a column, nulls aside. It is nested, so that no name in it can be mistaken for
//     a native one.
//   - extra._format and extra._event are readable where the rest of extra is sealed. Their values come from the mapping: an event that it does not
//     name stays with the sealed rest.
//   - Only objects that a path leads through are taken apart. The memory for that is bounded, and so is what items inherit from their record.
package mapping
