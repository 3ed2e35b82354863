package main

// ignored are functions whose errors need no look, beside those that errcheck knows. A type in brackets is that of the first argument.
var ignored = []string{
	// A writer that has failed says so when it is flushed.
	"fmt.Fprint(*bufio.Writer)",
	"fmt.Fprintf(*bufio.Writer)",
	"fmt.Fprintln(*bufio.Writer)",
	"fmt.Fprint(*text/tabwriter.Writer)",
	"fmt.Fprintf(*text/tabwriter.Writer)",
	"fmt.Fprintln(*text/tabwriter.Writer)",

	// A hash never fails.
	"fmt.Fprintf(hash.Hash64)",
	"fmt.Fprintln(hash.Hash)",

	// The body of an answer is only read: closing it cannot lose anything.
	"(io.ReadCloser).Close",
}
