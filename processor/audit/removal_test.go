package audit_test

import (
	"slices"
	"testing"

	"github.com/streamrec/streamrec/processor/audit"
)

// removed says what the audit has to find when an object is not there: with the bucket and the checkpoints alone, and what the stream and
// the acknowledgements add.
func (w *world) removed(key string) (alone, more []finding) {
	if key == layout.ConfigKey() {
		return []finding{{audit.Config, key}}, nil
	}
	for _, s := range w.shards {
		switch key {
		case layout.StartKey(s.ID):
			if len(w.links(s)) == 0 && !s.closed {
				return nil, nil
			}
			return []finding{{audit.MissingStart, key}}, nil
		case layout.EndKey(s.ID):
			return []finding{{audit.MissingEnd, key}}, nil
		}
		if keys := w.links(s); slices.Contains(keys, key) {
			return w.removedLink(s, keys, slices.Index(keys, key))
		}
	}
	return nil, nil
}

func (w *world) removedLink(s *source, keys []string, i int) (alone, more []finding) {
	lastOne := i == len(keys)-1
	near := layout.EndKey(s.ID) // the object to which what was lost is tied
	switch {
	case !lastOne:
		near = keys[i+1]
	case !s.closed && i > 0:
		near = keys[i-1]
	case !s.closed:
		near = layout.StartKey(s.ID)
	}
	switch {
	case lastOne && !s.closed:
		alone = []finding{{audit.Leading, near}} // only the checkpoint shows that an open chain was longer
	case i == 0:
		alone = []finding{{audit.MissingLink, keys[0]}}
	case lastOne:
		alone = []finding{{audit.EndMismatch, near}}
	default:
		alone = []finding{{audit.Gap, near}}
	}
	if lastOne && !s.closed {
		return alone, nil // the stream still has its records, so that they are not committed yet
	}
	return alone, []finding{{audit.AckMissing, near}, {audit.Lost, near}}
}

// TestRemovedObjectIsNamed removes each object of a log in turn.
func TestRemovedObjectIsNamed(t *testing.T) {
	w := standard(t, 2)
	bare, full := w.options(), w.against()
	bare.Checkpoints, bare.SkipRows, full.SkipRows = full.Checkpoints, true, true
	for _, key := range w.bucket.Keys("") {
		t.Run(key, func(t *testing.T) {
			alone, more := w.removed(key)
			w.restored(t, func() {
				w.bucket.Delete(key)
				requireFound(t, run(t, bare), alone...)
				requireFound(t, run(t, full), append(alone, more...)...)
			})
		})
	}
}

// TestShorterOpenChainIsSound shows the limit of what the bucket can prove: without checkpoints, stream and acknowledgements an open
// chain that lost its last links is a shorter chain.
func TestShorterOpenChainIsSound(t *testing.T) {
	w := standard(t, 2)
	s := w.shards[4]
	keys := w.links(s)
	full := w.against()
	for i := len(keys) - 1; i >= 0; i-- {
		w.bucket.Delete(keys[i])
		o := w.options()
		o.SkipRows = true
		requireClean(t, run(t, o))
		o.Stream = full.Stream
		r := run(t, o)
		requireClean(t, r)
		lost := int64(0)
		if r.Shards[4].Stream != nil {
			lost = r.Shards[4].Stream.Pending
		}
		if r.Shards[4].Records+lost != int64(len(s.records)) || lost == 0 {
			t.Errorf("after the removal of %d links the stream shows %d records that are not committed yet", len(keys)-i, lost)
		}
	}
}
