// Package journal keeps a log of opaque entries in a directory, so that a process which dies finds its state again.
//
// Open replays what is there; Append adds an entry; Compact replaces everything so far by a snapshot that its owner writes
// as a (shorter) sequence of entries. One process at a time: the directory is locked.
//
// # Files
//
//	snapshot-<generation>   the entries that the state was rebuilt from when the generation began, closed by an end frame
//	journal-<generation>    the entries since
//	lock                    held while the directory is open
//
// Both kinds of file are a header line and frames: length of the payload (4 bytes, big endian), CRC-32C of length and
// payload (4 bytes), payload. The first byte of a payload is its kind: an entry, or the end of a snapshot with the count of
// entries.
//
// # Crashes
//
//	during Append            the last frame is torn; Open cuts it off. Its Append had not returned.
//	during Compact           the snapshot has no name yet; Open removes it and replays the old generation.
//	after the rename         the new generation is complete; Open removes the old one.
//
// # Non-obvious
//
//   - Append returns when the operating system has the entry. That survives the death of the process, not the loss of power;
//     only Compact and Close wait for the disk.
//   - A bad frame is cut off only where a torn write can be: at the end. A bad frame with a good one behind it is damage, and
//     Open fails rather than lose what follows. A snapshot must be whole.
//   - Appends are serial; the owner calls them under its own lock, which also gives the entries their order.
package journal
