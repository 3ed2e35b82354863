// Package tail follows a log file from line to line, through rotations and restarts.
//
//	l, err := tail.Open(tail.Options{Path: "access.log", Position: "access.log.position"})
//	…
//	line, ok, err := l.Next()   // ok is false: nothing for now, call Poll after a while
//	…
//	l.Done(line.Ref)            // when it has been dealt with, from any goroutine, in any order
//	…
//	err = l.Save()              // now and then: up to where every line is done
//
// # What is promised
//
// Every complete line that is in the log when it is read, or in a file that it was rotated to, comes at least once, and with the same ID each time it
// comes: a process that is killed goes on where the last Save was. In order, but for lines that are written to an old file after the new one began.
//
//	                      what happens to the log                         what is read
//	rename and create     the old file is open still, and read until      the rest of the old file, then the new one
//	                      it has not grown for Options.Grace
//	copytruncate          the file is shorter, or begins or ends          the rest in the copy, which is found by its content, then the
//	                      differently than before                         file from its beginning
//	several rotations     files beside the log are newer than the         the files in order of their last change, also .gz
//	while nobody looks    last one that was read
//	deleted               the open file is read to its end                a new one, when there is one
//	a directory instead   nothing is read, and a note says so             as after deletion
//	truncated, no copy    what was not read is gone, and a note says so   the file from its beginning
//
// # Identity
//
// A file is recognised by its content: by its first line (of at most 4 KiB) and by what stands before the position. A copy is the same file, a file that
// was truncated is another one, and a number of the file system that is used again deceives nobody. The ID of a line is a hash of the first line of
// its file, of its offset, and of itself. Only lines that repeat at the same offset in files with equal first lines have equal IDs: in a log without
// times.
//
// # Non-obvious
//
//   - The position file is replaced as a whole, after its new content is on the disk. It is locked while a Log is open, so that two processes cannot
//     follow one log with one position.
//   - A read is believed only when the file still begins and continues as before after it: between looking and reading it may have been truncated.
//   - The last line of a rotated file counts as complete when the file is given up. That of the log itself waits for its end.
//   - copytruncate loses what is written between copy and truncation; nobody can get that back.
package tail
