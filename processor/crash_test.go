package processor_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/chain/chaintest"
	"github.com/streamrec/streamrec/processor/event"
)

// effect is what becomes of the request during which an owner dies.
type effect int

const (
	none  effect = iota // it never reaches its service
	taken               // it takes effect
	late                // it takes effect when the next owner has opened the shard
)

// owner runs a shard until it dies: in the at-th of its steps, each of which is a request to the store, a write of the lease row, or the
// sealing of a batch. A dead owner does nothing any more.
type owner struct {
	chain.Bucket
	at     int // 0: it lives
	effect effect
	die    context.CancelCauseFunc

	steps []string // names of those that it took
	dead  bool
	later func() error // what is under way after its death
}

var errDead = errors.New("the process is dead")

// step takes one step, or dies in it.
func (o *owner) step(name string, do func() error) error {
	if o.dead {
		return errDead
	}
	o.steps = append(o.steps, name)
	if len(o.steps) != o.at {
		return do()
	}
	o.dead = true
	o.die(errDead)
	switch o.effect {
	case taken:
		_ = do()
	case late:
		o.later = do
	}
	return errDead
}

// kind names what an object is.
func kind(key string) string {
	for suffix, name := range map[string]string{".parquet": "link", ".start.json": "start mark", ".end.json": "end mark", ".gap.json": "gap mark"} {
		if strings.HasSuffix(key, suffix) {
			return name
		}
	}
	return "hour"
}

func (o *owner) PutIfAbsent(_ context.Context, key string, body []byte, metadata map[string]string) error {
	return o.step("put "+kind(key), func() error { return o.Bucket.PutIfAbsent(context.Background(), key, body, metadata) })
}

func (o *owner) Head(ctx context.Context, key string) (found chain.Object, err error) {
	err = o.step("head "+kind(key), func() error { found, err = o.Bucket.Head(ctx, key); return err })
	return found, err
}

func (o *owner) Get(ctx context.Context, key string) (body []byte, found chain.Object, err error) {
	err = o.step("get "+kind(key), func() error { body, found, err = o.Bucket.Get(ctx, key); return err })
	return body, found, err
}

func (o *owner) List(ctx context.Context, prefix string) iter.Seq2[chain.Object, error] {
	return func(yield func(chain.Object, error) bool) {
		if err := o.step("list "+kind(prefix), func() error { return nil }); err != nil {
			yield(chain.Object{}, err)
			return
		}
		for found, err := range o.Bucket.List(ctx, prefix) {
			if !yield(found, err) {
				return
			}
		}
	}
}

// sealing is the contents of a real shard, whose owner may die before or after they are sealed.
type sealing struct {
	processor.Contents
	owner *owner
}

func (c *sealing) Seal(notes map[string]string) (body []byte, err error) {
	err = c.owner.step("before the seal", func() error { body, err = c.Contents.Seal(notes); return err })
	if err == nil {
		err = c.owner.step("after the seal", func() error { return nil })
	}
	return body, err
}

// history is a shard that is read to its end, whatever happens to its owners.
type history struct {
	t       *testing.T
	records []event.Record
	bucket  *chaintest.Bucket
	row     chain.Bookmark // in the lease row
	overlap bool           // uploads take place late
}

// live lets an owner read the shard to its end.
func (h *history) live(o *owner, opened func()) error {
	ctx, die := context.WithCancelCause(h.t.Context())
	defer die(nil)
	o.Bucket, o.die = h.bucket, die
	env := &chaintest.Env{Time: noon.Add(time.Minute), Hold: h.overlap}
	cfg := processor.Config{Layout: testLayout, MaxRows: 5}
	cfg.Contents = func(cfg processor.Config, s processor.Shard, by processor.Observer) (processor.Contents, error) {
		c, err := processor.Config{}.WithDefaults().Contents(cfg, s, by)
		return &sealing{c, o}, err
	}
	p := processor.New(cfg, env, o, testTerm(h.row), func(_ context.Context, end chain.End) error {
		return o.step("bookmark", func() error { return h.move(end) })
	}, nil)
	at, err := p.Open(ctx)
	if err != nil {
		return err
	}
	opened()
	for page := range slices.Chunk(h.records[h.index(at):], 3) {
		if err := p.Process(ctx, page); err != nil {
			return err
		}
	}
	return p.End(ctx, []chain.Child{{Shard: "shardId-000000000001"}})
}

// index is the record at which an owner begins to read.
func (h *history) index(at processor.Resume) int {
	i := slices.IndexFunc(h.records, func(r event.Record) bool { return r.SequenceNumber == max(at.Last, at.First) })
	if i >= 0 && at.Last == "" {
		return i
	}
	return i + 1
}

// move is the lease row: its bookmark goes forward and never leads.
func (h *history) move(end chain.End) error {
	logged := slices.ContainsFunc(h.links(), func(l chain.Object) bool {
		return l.Metadata["last"] == end.Last && l.Metadata["hour"] == end.Hour.String()
	})
	if !logged || h.row.Last != "" && chain.Compare(end.Last, h.row.Last) < 0 {
		h.t.Errorf("the bookmark goes from %q to %q, the link is there: %v", h.row.Last, end.Last, logged)
	}
	h.row = chain.Bookmark{Last: end.Last, Hour: end.Hour}
	return nil
}

func (h *history) links() (links []chain.Object) {
	for _, key := range h.bucket.Keys("events/gen=1/") {
		o, err := h.bucket.Head(context.Background(), key)
		if err != nil {
			h.t.Fatal(err)
		}
		links = append(links, o)
	}
	return links
}

// log is everything that is in the bucket, but for the states, which are derived from it.
func (h *history) log() map[string]string {
	log := map[string]string{}
	for _, key := range h.bucket.Keys("") {
		if strings.HasPrefix(key, statesPrefix) {
			continue
		}
		body, o, err := h.bucket.Get(context.Background(), key)
		if err != nil {
			h.t.Fatal(err)
		}
		log[key] = fmt.Sprint(o.Metadata, string(body))
	}
	return log
}

func newHistory(t *testing.T, overlap, lossy bool) *history {
	h := &history{t: t, records: traffic(13), bucket: &chaintest.Bucket{}, overlap: overlap}
	if lossy { // each link is put twice, since the first answer is lost
		lost := map[string]bool{}
		h.bucket.Decide = func(op, key string) chaintest.Fault {
			if op != "put" || lost[key] {
				return chaintest.None
			}
			lost[key] = true
			return chaintest.Lose
		}
	}
	return h
}

// TestCrashAtEveryStep kills the owner of a shard in each step that it takes, before and after the step has its effect and with an effect
// that comes late; another owner goes on. The log is always, to the byte, that of an owner who never died.
func TestCrashAtEveryStep(t *testing.T) {
	for _, mode := range []struct{ overlap, lossy bool }{{false, false}, {true, false}, {false, true}, {true, true}} {
		t.Run(fmt.Sprintf("overlap=%v,lossy=%v", mode.overlap, mode.lossy), func(t *testing.T) {
			steady, untroubled := newHistory(t, mode.overlap, mode.lossy), &owner{}
			if err := steady.live(untroubled, func() {}); err != nil {
				t.Fatal(err)
			}
			want, steps := steady.log(), untroubled.steps
			requireSteps(t, steps, mode.lossy)
			for at := range steps {
				for _, e := range []effect{none, taken, late} {
					requireSameLog(t, newHistory(t, mode.overlap, mode.lossy), &owner{at: at + 1, effect: e}, want)
				}
			}
		})
	}
}

// requireSteps holds that the crash points of the package's documentation are among the steps.
func requireSteps(t *testing.T, steps []string, lossy bool) {
	t.Helper()
	want := []string{"get start mark", "put start mark", "before the seal", "after the seal", "put link", "bookmark", "put end mark"}
	if lossy {
		want = append(want, "head link")
	}
	for _, s := range want {
		if !slices.Contains(steps, s) {
			t.Fatalf("no %s among the steps %v", s, steps)
		}
	}
}

func requireSameLog(t *testing.T, h *history, victim *owner, want map[string]string) {
	t.Helper()
	err := h.live(victim, func() {})
	where := fmt.Sprintf("death in step %d, %s, effect %d", victim.at, victim.steps[len(victim.steps)-1], victim.effect)
	if !errors.Is(err, errDead) {
		t.Fatalf("%s: %v", where, err)
	}
	settle := func() {
		if victim.later != nil {
			_ = victim.later()
		}
	}
	if err := h.live(&owner{}, settle); err != nil {
		t.Fatalf("%s: the next owner: %v", where, err)
	}
	got := h.log()
	if !maps.Equal(got, want) {
		t.Fatalf("%s: %d objects, want %d, or they differ", where, len(got), len(want))
	}
	if end := h.links(); h.row.Last != end[len(end)-1].Metadata["last"] {
		t.Fatalf("%s: the bookmark is at %q in the end", where, h.row.Last)
	}
}
