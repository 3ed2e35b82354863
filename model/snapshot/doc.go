// Package snapshot writes the state of a model to a stream of bytes and reads it back.
//
//	err := snapshot.Write(w, m, snapshot.Header{Marks: marks})
//	…
//	m := model.New(params)
//	header, err := snapshot.Read(r, m) // after an error, throw m away and try an older snapshot
//
// A snapshot holds facts, not the index, which is computed from them: it survives changes of the index, of parameters and
// of weights. Restoring is reading the newest usable snapshot and then adding the facts of the log after it. Where the log
// begins is in the header's marks; facts that are in both do no harm, since adding a fact twice changes nothing. [Newest]
// passes over damaged snapshots.
//
// # Format, version 1
//
// Eight bytes of magic, "SRFACTS" and the version as one byte, and blocks. A block is
//
//	length    4 bytes, little endian: of the payload, 1 to 1 MiB
//	checksum  4 bytes, little endian: CRC-32C of the number of the block (4 bytes, little endian, from 0) and the payload
//	payload   a byte that says what it holds, and that
//
// Numbers are unsigned varints as in encoding/binary unless said otherwise; a text is its length and its bytes. An item is
// its number in the order in which the snapshot first mentions items, from 1, or 0 and a text, which makes it the next
// number. The payloads, in this order:
//
//	'h'  header: the floors of facts and of categories, number of marks; per mark source, link, milliseconds (signed)
//	'f'  any number of visits with their facts: the bytes that the session id has in common with the one before, a text:
//	     the rest of it; start of the visit in seconds minus that of the one before (signed); number of facts; per fact
//	     the item with its type in the two low bits, that is 4·number + type, and a touch
//	'l'  any number of labels: item, touch, category (4 bytes, little endian), brand (2 bytes, little endian)
//	'v'  any number of open visits: a text: the session id; start, last and seen (signed), touch (8 bytes, little endian),
//	     hash key (two times 8 bytes, little endian), number of items; per item 8·number + 4 if it made a fact + type
//	'e'  end: number of facts, of labels, of open visits. Nothing follows.
//
// A touch is the difference of its milliseconds to those of the touch before, signed, shifted left by one, with the lowest
// bit set if the 22 bits that order touches in a millisecond are not zero; if so these follow. What "before" refers to
// starts anew, at zero, with each block, so that blocks but for the numbers of items stand alone.
//
// # Damage
//
// Every flipped bit, missing, repeated or exchanged block, and every missing end is found; the error is [ErrDamaged]. A
// snapshot of another version gives [ErrVersion]. Whatever the bytes are, reading does not panic, and needs memory in
// proportion to the bytes that it was given and to the bounds of the model.
package snapshot
