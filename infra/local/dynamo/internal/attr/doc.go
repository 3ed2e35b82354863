// Package attr is DynamoDB's data model: attribute values, their JSON form, their order and their size.
//
// A Value is one of String, Number, Binary, Bool, Null, List, Map and Set. Values are immutable once built: nothing in
// this module writes into a List, Map or Set that somebody else can see, so a stored item may be handed out without a copy
// and without a lock. An item is a Map.
//
// # Non-obvious
//
//   - A Number is a decimal of at most 38 significant digits held as text, never a float. Two Numbers are equal exactly
//     when they are == in Go, because the form is canonical: no leading or trailing zeros, one zero.
//   - A Set keeps its members sorted and distinct, so equality is a comparison of slices. DynamoDB promises no order.
//   - Size follows the published rules of item size, which are what the 400 KB limit and capacity units are computed from;
//     the size of a number is documented only approximately.
//   - Binary is a string of bytes, so that scalars are comparable and usable as map keys.
package attr
