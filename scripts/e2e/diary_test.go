package e2e

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

// diary are the answers of a test, by shard.
type diary struct {
	mu      sync.Mutex
	answers map[string][]served
}

func (d *diary) of(shard string) []served {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.answers[shard])
}

// askAll asks for all sessions until stop. Every answer that is not 200 fails the test.
func askAll(ctx context.Context, t *testing.T, w *Worker, sessions map[string]string) (d *diary, stop func()) {
	d = &diary{answers: map[string][]served{}}
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	at := address(ctx, w)
	for shard, session := range sessions {
		all.Go(func() {
			for tick := time.NewTicker(20 * time.Millisecond); ctx.Err() == nil; {
				s, err := question(ctx, at, session)
				if err != nil {
					if ctx.Err() == nil {
						t.Errorf("%s: %v", shard, err)
					}
					return
				}
				d.mu.Lock()
				d.answers[shard] = append(d.answers[shard], s)
				d.mu.Unlock()
				select {
				case <-tick.C:
				case <-ctx.Done():
				}
			}
		})
	}
	return d, func() { cancel(); all.Wait() }
}

// awaitLive waits until each shard is answered for by somebody else than the workers that have gone.
func awaitLive(ctx context.Context, t *testing.T, what string, d *diary, shards []string, since time.Time, gone ...*Worker) {
	t.Helper()
	Until(ctx, t, what, func() (bool, string) {
		for _, shard := range shards {
			answers := d.of(shard)
			if len(answers) == 0 {
				return false, shard + ": no answer"
			}
			s := answers[len(answers)-1]
			if s.at.Before(since) || s.Stale || slices.ContainsFunc(gone, func(w *Worker) bool { return id(w) == s.Worker }) {
				return false, fmt.Sprintf("%s: %+v", shard, s)
			}
		}
		return true, ""
	})
}

// assertOutage holds that the answers for a shard of a worker that was killed were live, then stale, then live under a higher lease counter.
func assertOutage(t *testing.T, shard string, answers []served, end time.Time) {
	t.Helper()
	stale, before, after := 0, int64(0), int64(0)
	answers = slices.DeleteFunc(answers, func(s served) bool { return s.at.After(end) })
	for _, s := range answers {
		switch {
		case s.Stale:
			if stale++; after > 0 {
				t.Errorf("%s: stale again after its takeover: %+v", shard, s)
				return
			}
		case stale == 0:
			before = s.LeaseCounter
		default:
			after = s.LeaseCounter
		}
	}
	if stale == 0 || after <= before {
		t.Errorf("%s: %d stale answers, lease counter %d before and %d after", shard, stale, before, after)
	}
	t.Logf("%s: %d stale answers of %d", shard, stale, len(answers))
}
