package produce

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/streamrec/streamrec/infra/kinesis"
)

// Summary is what a run has done.
type Summary struct {
	Stream string `json:"stream"`
	// Records are in the stream, and Bytes is the sum of their keys and payloads.
	Records int64 `json:"records"`
	Bytes   int64 `json:"bytes"`
	// Retries counts the further attempts, over all records. The earlier attempt was refused, or its answer was lost; then
	// there may be a copy in the stream.
	Retries int64 `json:"retries"`
	// Malformed lines were passed over.
	Malformed int64 `json:"malformed"`
	// Refused records are such as the stream does not take: too large, for one.
	Refused int64 `json:"refused"`
	// Unacknowledged records were accepted, and given up when the run ended. They may be in the stream.
	Unacknowledged   int64   `json:"unacknowledged"`
	Seconds          float64 `json:"seconds"`
	RecordsPerSecond float64 `json:"recordsPerSecond"`
	// Interrupted tells that the run ended before its source.
	Interrupted bool `json:"interrupted"`
	// Follow is what was seen in a log that was followed.
	Follow *FollowSummary `json:"follow,omitempty"`
}

// FollowSummary counts the lines of a log.
type FollowSummary struct {
	Lines int64 `json:"lines"` // of all kinds
	Other int64 `json:"other"` // no activity
	Bots  int64 `json:"bots"`  // activity of robots
	// Lost counts files that were gone, or truncated without a copy, before they had been read to their ends.
	Lost int64 `json:"lost"`
	// BehindBytes are not put yet, as of the last look.
	BehindBytes int64 `json:"behindBytes"`
}

// Write prints the summary, as a table or json.
func (s Summary) Write(w io.Writer, format string) error {
	if format == "json" {
		if err := json.NewEncoder(w).Encode(s); err != nil {
			return fmt.Errorf("write summary: %w", err)
		}
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "RECORDS\tBYTES\tRETRIES\tMALFORMED\tREFUSED\tUNACKNOWLEDGED\tSECONDS\tRECORDS/S\t")
	fmt.Fprintf(t, "%d\t%d\t%d\t%d\t%d\t%d\t%.1f\t%.1f\t\n",
		s.Records, s.Bytes, s.Retries, s.Malformed, s.Refused, s.Unacknowledged, s.Seconds, s.RecordsPerSecond)
	if f := s.Follow; f != nil {
		fmt.Fprintln(t, "LINES\tOTHER\tBOTS\tLOST FILES\tBEHIND\t")
		fmt.Fprintf(t, "%d\t%d\t%d\t%d\t%d\t\n", f.Lines, f.Other, f.Bots, f.Lost, f.BehindBytes)
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write summary: %w", err)
	}
	return nil
}

// tally counts while a run goes on.
type tally struct {
	mu  sync.Mutex
	sum Summary
}

// settled counts what became of a record; refused is its error when it alone was refused.
func (t *tally) settled(a kinesis.Ack) (refused *kinesis.RecordError) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sum.Retries += int64(max(a.Attempts-1, 0))
	switch {
	case a.Err == nil:
		t.sum.Records++
		t.sum.Bytes += int64(len(a.Record.Key) + len(a.Record.Data))
	case errors.As(a.Err, &refused):
		t.sum.Refused++
	default:
		t.sum.Unacknowledged++
	}
	return refused
}

func (t *tally) malformed() { t.add(&t.sum.Malformed) }

func (t *tally) refused() { t.add(&t.sum.Refused) }

func (t *tally) add(n *int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	*n++
}

// at is the summary after the given time.
func (t *tally) at(elapsed time.Duration) Summary {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.sum
	s.Seconds = elapsed.Seconds()
	if s.Seconds > 0 {
		s.RecordsPerSecond = float64(s.Records) / s.Seconds
	}
	return s
}
