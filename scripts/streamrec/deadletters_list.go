package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/streamrec/streamrec/processor/deadletter"
)

func newListLettersCommand(std streams) *cobra.Command {
	var o letterOptions
	var format output
	var counts bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the records that could not be decoded, and count them by error",
		Long: `List the records that could not be decoded, by hour, shard and sequence number, and count them by error.
With -o json each is one line of JSON; with --counts there are the counts only.`,
		Example: `  streamrec deadletters list --bucket my-bucket --since 24h --error invalid_json,kpl_checksum`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return listLetters(cmd.Context(), o, format, counts, std)
		},
	}
	o.flags(cmd)
	cmd.Flags().BoolVar(&counts, "counts", false, "only count")
	outputFlag(cmd, &format)
	return cmd
}

func listLetters(ctx context.Context, o letterOptions, format output, counts bool, std streams) error {
	out := bufio.NewWriterSize(std.out, 64<<10)
	list := letterList{out: out, format: format}
	each := list.write
	if counts {
		each = func(*deadletter.Letter) error { return nil }
	}
	totals, err := o.scan(ctx, std, each)
	if err != nil {
		return errors.Join(err, out.Flush())
	}
	switch {
	case format == outputJSON && counts:
		err = json.NewEncoder(out).Encode(totals)
	case format == outputTable:
		err = writeLetterCounts(out, totals)
	}
	return errors.Join(err, out.Flush(), unreadable(totals))
}

// letterList writes letters as they come: there may be millions.
type letterList struct {
	out    io.Writer
	format output
	begun  bool
}

// listedLetter is a line of deadletters list -o json.
type listedLetter struct {
	Shard    string    `json:"shard"`
	Sequence string    `json:"sequence"`
	Sub      int32     `json:"sub"`
	Line     int32     `json:"line"`
	Arrival  time.Time `json:"arrival"`
	Class    string    `json:"class"`
	Error    string    `json:"error"`
	Bytes    int       `json:"bytes"`
	KeyID    string    `json:"keyId,omitempty"`
	Object   string    `json:"object"`
}

func describeLetter(l *deadletter.Letter) listedLetter {
	return listedLetter{l.Shard, l.Sequence, l.Sub, l.Line, l.Arrival, l.Class(), l.Error, l.Size(), l.KeyID, l.Object}
}

func (w *letterList) write(l *deadletter.Letter) error {
	if w.format == outputJSON {
		return json.NewEncoder(w.out).Encode(describeLetter(l))
	}
	const columns = "%-20s  %-56s  %4v  %4v  %-24s  %9v  %s\n"
	if !w.begun {
		w.begun = true
		if _, err := fmt.Fprintf(w.out, columns, "SHARD", "SEQUENCE NUMBER", "SUB", "LINE", "ARRIVAL", "BYTES", "ERROR"); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w.out, columns, printable(l.Shard), printable(l.Sequence), l.Sub, l.Line,
		l.Arrival.UTC().Format("2006-01-02T15:04:05.000Z"), l.Size(), printable(l.Error))
	return err
}

// printable makes text from the bucket fit for a terminal.
func printable(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.QuoteToASCII(s)
	}
	return s
}

func writeLetterCounts(out *bufio.Writer, t deadletter.Totals) error {
	if t.Letters > 0 {
		fmt.Fprintln(out)
	}
	byCount := func(a, b string) int {
		if d := t.Classes[b] - t.Classes[a]; d != 0 {
			return int(d)
		}
		return strings.Compare(a, b)
	}
	for _, class := range slices.SortedFunc(maps.Keys(t.Classes), byCount) {
		fmt.Fprintf(out, "%10d  %s\n", t.Classes[class], printable(class))
	}
	_, err := fmt.Fprintf(out, "%10d  of %d rows in %d objects, %s\n", t.Letters, t.Rows, t.Objects, size(t.Bytes))
	return err
}
