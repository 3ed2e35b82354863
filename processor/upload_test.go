package processor_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/chain/chaintest"
	"github.com/streamrec/streamrec/processor/event"
)

// held is a bench whose uploads take place when they are waited for, or released.
func held(t *testing.T, cfg processor.Config) *bench {
	b := newBench(t, &chaintest.Bucket{}, cfg, chain.Bookmark{})
	b.env.Hold = true
	return b
}

func TestShardGoesOnDuringAnUpload(t *testing.T) {
	records := traffic(30)
	b := held(t, processor.Config{MaxRows: 10})
	b.process(records[:10]...)
	b.process(records[10:14]...)
	if len(b.objects()) != 0 || len(b.marks) != 0 || b.Idle() {
		t.Fatalf("%d objects, %d bookmarks, idle %v during the first upload", len(b.objects()), len(b.marks), b.Idle())
	}
	b.process(records[14:25]...) // the second batch is due, and waits for the first
	if len(b.objects()) != 1 || len(b.marks) != 1 || b.marks[0].Last != records[9].SequenceNumber {
		t.Fatalf("%d objects, bookmarks %v during the second upload", len(b.objects()), b.marks)
	}
	b.env.Release()
	b.process()
	if len(b.objects()) != 2 || b.Idle() {
		t.Fatalf("%d objects, idle %v with a batch open", len(b.objects()), b.Idle())
	}
	b.drain()
	if len(b.marks) != 3 || !b.Idle() {
		t.Fatalf("bookmarks %v, idle %v after the end", b.marks, b.Idle())
	}
	requireRows(t, b, records[:25])
}

func TestUploadIsWaitedForWhenItLasts(t *testing.T) {
	b := held(t, processor.Config{MaxRows: 10})
	b.process(traffic(10)...)
	b.wait(59 * time.Second)
	if len(b.objects()) != 0 {
		t.Fatal("waited for early")
	}
	b.wait(time.Second)
	if len(b.objects()) != 1 || !b.Idle() {
		t.Fatalf("%d objects, idle %v", len(b.objects()), b.Idle())
	}
}

func TestDrainWaitsForTheUploadAndSendsTheRest(t *testing.T) {
	records := traffic(14)
	b := held(t, processor.Config{MaxRows: 10})
	b.process(records...)
	b.drain()
	if len(b.marks) != 2 || !b.Idle() {
		t.Fatalf("bookmarks %v, idle %v", b.marks, b.Idle())
	}
	requireRows(t, b, records)
}

// puts notes the bodies of the PUTs of links, in order, and does to each what fault says.
type puts struct {
	chain.Bucket
	bodies []string
	fault  func(n int) error // after the PUT took effect, from 1
}

func (p *puts) PutIfAbsent(ctx context.Context, key string, body []byte, metadata map[string]string) error {
	if !strings.HasSuffix(key, ".parquet") {
		return p.Bucket.PutIfAbsent(ctx, key, body, metadata)
	}
	p.bodies = append(p.bodies, string(body))
	err := p.Bucket.PutIfAbsent(ctx, key, body, metadata)
	if f := p.fault(len(p.bodies)); f != nil {
		return f
	}
	return err
}

// TestDrainSendsTheSameBytesAfterAnInterruption ends the term while a PUT is under way that takes effect, or does not.
func TestDrainSendsTheSameBytesAfterAnInterruption(t *testing.T) {
	for _, effect := range []bool{true, false} {
		records := traffic(14)
		b := newBench(t, &chaintest.Bucket{}, processor.Config{MaxRows: 10}, chain.Bookmark{})
		b.env.Hold = true
		term, end := context.WithCancelCause(t.Context())
		handOff := errors.New("hand-off")
		if err := b.Process(term, records); err != nil {
			t.Fatal(err)
		}
		b.puts.fault = func(n int) error {
			if n == 1 {
				end(handOff)
				if !effect {
					b.bucket.Delete(b.objects()[0])
				}
				return chaintest.ErrLost
			}
			return nil
		}
		b.env.Release()
		if err := b.Process(term, nil); !errors.Is(err, handOff) || b.Idle() {
			t.Fatalf("after the end of the term: %v, idle %v", err, b.Idle())
		}
		b.drain()
		b.Close()
		if sent := b.puts.bodies; len(sent) != 3 || sent[0] != sent[1] {
			t.Fatalf("effect %v: %d PUTs, the first two equal: %v", effect, len(sent), sent[0] == sent[1])
		}
		requireRows(t, b, records)
		if len(b.marks) != 2 || !b.Idle() {
			t.Fatalf("bookmarks %v, idle %v", b.marks, b.Idle())
		}
	}
}

// TestNothingFollowsAFailedUpload has an upload that meets another writer's link while the next batch is open.
func TestNothingFollowsAFailedUpload(t *testing.T) {
	records := traffic(20)
	other := newBench(t, &chaintest.Bucket{}, processor.Config{}, chain.Bookmark{})
	b := newBench(t, other.bucket, processor.Config{MaxRows: 10}, chain.Bookmark{})
	other.process(records[:7]...)
	other.drain()
	b.env.Hold = true
	b.process(records[:14]...)
	b.env.Release()
	processed := len(b.seen)
	for range 2 {
		if err := b.Process(t.Context(), records[14:]); !errors.Is(err, chain.ErrAdopted) || len(b.seen) != processed {
			t.Fatalf("%v, %d records were processed after it", err, len(b.seen)-processed)
		}
		if err := b.Drain(t.Context()); !errors.Is(err, chain.ErrAdopted) || b.Idle() {
			t.Fatalf("drain: %v, idle %v", err, b.Idle())
		}
	}
	if err := b.End(t.Context(), nil); !errors.Is(err, chain.ErrAdopted) {
		t.Fatalf("end: %v", err)
	}
	if len(b.marks) != 0 {
		t.Fatalf("bookmarks %v", b.marks)
	}
	requireRows(t, other, records[:7])
}

// TestBookmarkThatFailsIsNoLoss has a row that cannot be written: the link counts, and the term ends.
func TestBookmarkThatFailsIsNoLoss(t *testing.T) {
	records := traffic(14)
	b := newBench(t, &chaintest.Bucket{}, processor.Config{MaxRows: 10}, chain.Bookmark{})
	lost := errors.New("lease lost")
	b.bookmarking = func() error { return lost }
	if err := b.Process(t.Context(), records); !errors.Is(err, lost) {
		t.Fatalf("process: %v", err)
	}
	if err := b.Drain(t.Context()); !errors.Is(err, lost) {
		t.Fatalf("drain: %v", err)
	}
	if want := []string{records[9].SequenceNumber}; !slices.Equal(b.committed, want) {
		t.Fatalf("told of the commits %v, want %v", b.committed, want)
	}
	requireRows(t, b, records[:10])
}

func TestPanicOfAnUploadFailsTheShard(t *testing.T) {
	b := held(t, processor.Config{MaxRows: 10})
	b.process(traffic(10)...)
	b.bookmarking = func() error { panic("a bug") }
	b.env.Release()
	if err := b.Process(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "a bug") {
		t.Fatalf("process: %v", err)
	}
}

// parallel has real goroutines.
type parallel struct {
	*chaintest.Env
	running sync.WaitGroup
}

func (p *parallel) Start(f func()) (wait func()) {
	over := make(chan struct{})
	p.running.Go(func() { defer close(over); f() })
	return func() { <-over }
}

// hanging is a store that does not answer before the context of the request ends.
type hanging struct {
	chain.Bucket
	asked chan struct{}
}

func (h *hanging) PutIfAbsent(ctx context.Context, key string, body []byte, metadata map[string]string) error {
	if !strings.HasSuffix(key, ".parquet") {
		return h.Bucket.PutIfAbsent(ctx, key, body, metadata)
	}
	h.asked <- struct{}{}
	<-ctx.Done()
	return context.Cause(ctx)
}

// TestCloseEndsTheUpload holds that a store which hangs keeps neither the shard from going on nor Close from returning.
func TestCloseEndsTheUpload(t *testing.T) {
	env := &parallel{Env: &chaintest.Env{Time: noon.Add(time.Minute)}}
	bucket := &hanging{&chaintest.Bucket{}, make(chan struct{}, 1)}
	p := processor.New(processor.Config{Layout: testLayout, MaxRows: 10}, env, bucket, testTerm(chain.Bookmark{}), func(context.Context, chain.End) error {
		return errors.New("bookmark of a link that is not there")
	}, nil)
	if _, err := p.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	records := traffic(19)
	for _, part := range [][]event.Record{records[:10], records[10:15], records[15:], nil} {
		if err := p.Process(t.Context(), part); err != nil {
			t.Fatal(err)
		}
	}
	<-bucket.asked
	p.Close()
	env.running.Wait() // has ended already
	if p.Idle() {
		t.Error("idle after an upload whose outcome is unknown")
	}
}

func TestCloseOfAProcessorThatWasNeverOpened(t *testing.T) {
	p := processor.New(processor.Config{Layout: testLayout}, &chaintest.Env{}, &chaintest.Bucket{}, testTerm(chain.Bookmark{}), nil, nil)
	if err := p.Drain(t.Context()); err != nil || !p.Idle() {
		t.Errorf("drain: %v, idle %v", err, p.Idle())
	}
	p.Close()
}
