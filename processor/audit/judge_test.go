package audit_test

import (
	"bytes"
	"context"
	"maps"
	"strings"
	"testing"

	"github.com/streamrec/streamrec/processor/audit"
	"github.com/streamrec/streamrec/processor/chain"
)

// checkpoints are what the lease rows would say: the ends of the chains.
func (w *world) checkpoints() map[string]audit.Checkpoint {
	all := map[string]audit.Checkpoint{}
	for _, s := range w.shards {
		if s.writer == nil {
			all[s.ID] = audit.Checkpoint{}
			continue
		}
		end := s.writer.End()
		all[s.ID] = audit.Checkpoint{Last: end.Last, Hour: end.Hour}
		if mark, err := chain.ReadEnd(context.Background(), w.env, w.bucket, layout, s.ID); err == nil && mark != nil {
			all[s.ID] = audit.Checkpoint{Ended: true}
		}
	}
	return all
}

// acks are the acknowledgements of all committed records.
func (w *world) acks() (all []audit.Ack) {
	for _, s := range w.shards {
		for i := range w.committed(s) {
			all = append(all, audit.Ack{Shard: s.ID, Sequence: s.records[i].SequenceNumber})
		}
	}
	w.rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

func each(acks []audit.Ack) func(func(audit.Ack, error) bool) {
	return func(yield func(audit.Ack, error) bool) {
		for _, a := range acks {
			if !yield(a, nil) {
				return
			}
		}
	}
}

func (w *world) options() audit.Options {
	return audit.Options{Env: w.env, Bucket: w.bucket, Layout: layout, Concurrency: 4}
}

// against returns options with everything that the log can be compared with.
func (w *world) against() audit.Options {
	o := w.options()
	o.Checkpoints, o.Stream, o.Acks = w.checkpoints(), &stream{world: w}, each(w.acks())
	return o
}

func run(tb testing.TB, o audit.Options) *audit.Report {
	tb.Helper()
	r, err := audit.Run(tb.Context(), o)
	must(tb, err)
	return r
}

func requireClean(tb testing.TB, r *audit.Report) {
	tb.Helper()
	if !r.Clean() {
		tb.Fatalf("a sound log is not clean:\n%s", describe(r))
	}
}

func describe(r *audit.Report) string {
	var b bytes.Buffer
	if err := r.WriteText(&b); err != nil {
		return err.Error()
	}
	return b.String()
}

// finding is what a test expects: a kind and the key to which it is tied.
type finding struct {
	kind audit.Kind
	key  string
}

// requireFound requires these anomalies and no other.
func requireFound(tb testing.TB, r *audit.Report, want ...finding) {
	tb.Helper()
	missing := map[finding]bool{}
	for _, f := range want {
		missing[f] = true
	}
	expected := maps.Clone(missing)
	for _, a := range r.Anomalies {
		f := finding{a.Kind, a.Key}
		if !expected[f] {
			tb.Errorf("unexpected: %s %s: %s", a.Kind, a.Key, a.Meaning)
		}
		delete(missing, f)
		if strings.Count(a.Meaning, ".") < 1 || !strings.HasSuffix(a.Meaning, ".") {
			tb.Errorf("the meaning of %s is no sentence: %q", a.Kind, a.Meaning)
		}
	}
	for f := range missing {
		tb.Errorf("not found: %s %s", f.kind, f.key)
	}
}
