package main

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/streamrec/streamrec/infra/dashboard"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

// viewStore has rows to be looked at.
type viewStore struct {
	lease.Store
	leases  []lease.Lease
	workers []lease.Worker
	reads   int
	err     error
}

func (s *viewStore) Leases(context.Context) ([]lease.Lease, lease.Plan, error) {
	s.reads++
	return s.leases, lease.Plan{}, s.err
}
func (s *viewStore) Workers(context.Context) ([]lease.Worker, error) { return s.workers, s.err }

// viewStream has the shards of a stream.
type viewStream struct {
	worker.Stream
	shards []lease.Lease
	err    error
}

func (s *viewStream) Shards(context.Context) ([]lease.Lease, error) { return s.shards, s.err }

// quarter is the n-th of four shards that cover the ring.
func quarter(n int) lease.Lease {
	bounds := []string{"0", "85070591730234615865843651857942052864", "170141183460469231731687303715884105728", "255211775190703847597530955573826158592", "340282366920938463463374607431768211456"}
	end := bounds[n+1][:len(bounds[n+1])-1] + string(bounds[n+1][len(bounds[n+1])-1]-1)
	return lease.Lease{Key: fmt.Sprintf("shardId-%012d", n), StartingHashKey: bounds[n], EndingHashKey: end}
}

func newTestView(store *viewStore, stream *viewStream, own func() []dashboard.Self) *fleetView {
	return &fleetView{
		deployment: deployment{app: "shop", stream: "clicks", bucket: "b", layout: chain.Layout{Prefix: "events"}}, store: store, source: stream,
		retention: 24 * time.Hour, silence: 10 * time.Second, own: own,
	}
}

func TestFleetView(t *testing.T) {
	now := time.Now().UnixMilli()
	rows := []lease.Lease{quarter(0), quarter(1), quarter(2)}
	rows[0].Owner, rows[0].Counter, rows[0].Checkpoint, rows[0].Tip = "me", 4, lease.After("17", 1), now-500
	rows[0].CheckpointAt, rows[0].Rate = now-9000, 5
	rows[1].Owner, rows[1].Counter, rows[1].Checkpoint, rows[1].Rate = "other", 2, lease.After("18", 1), 6
	rows[2].Stopped, rows[2].Checkpoint = "position 19 is past retention", lease.After("19", 1)
	store := &viewStore{leases: rows, workers: []lease.Worker{
		{ID: "me", At: now}, {ID: "other", At: now - 60_000, Inbox: map[string]string{rows[1].Key: "me"}},
	}}
	own := func() []dashboard.Self {
		return []dashboard.Self{{Worker: "me", Counters: dashboard.Counters{Rows: 11}, Shards: []dashboard.SelfShard{
			{Shard: rows[0].Key, Counter: 4, LagMs: 42_000, Rate: 7}, {Shard: rows[1].Key, Counter: 1, LagMs: 1, Rate: 1}, // of a term that is over
		}}}
	}
	f, err := newTestView(store, &viewStream{shards: []lease.Lease{quarter(0), quarter(1), quarter(2), quarter(3)}}, own).Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Shards) != 4 || f.Coverage == nil || f.Coverage.Hole != nil || f.RetentionMs != 86_400_000 {
		t.Fatalf("%+v", f)
	}
	if s := f.Shards[0]; s.LagMs != 42_000 || s.Rate != 7 || s.At != 0 || s.Wide != 0.25 || s.CommittedAt != now-500 || s.State != "owned" {
		t.Errorf("a shard of this worker: %+v", s)
	}
	if s := f.Shards[1]; s.LagMs != -1 || s.Rate != 0 || s.At != 0.25 || s.Asked != "me" {
		t.Errorf("a shard of a worker that is silent: %+v", s)
	}
	if s := f.Shards[2]; s.State != "stopped" || !strings.Contains(s.Resume, "reset --app shop --stream clicks --bucket b") {
		t.Errorf("a stopped shard: %+v", s)
	}
	if s := f.Shards[3]; s.State != "new" || s.Rate != 0 {
		t.Errorf("a shard without row: %+v", s)
	}
	if a, b := f.Workers[0], f.Workers[1]; a.Reach != "here" || a.Counters.Rows != 11 || b.Reach != "none" || b.State != "silent" || b.Counters != nil {
		t.Errorf("workers %+v, %+v", a, b)
	}
}

// TestResumeIsACommand holds that what the dashboard tells people to run is understood, and only shows a plan.
func TestResumeIsACommand(t *testing.T) {
	serveLocal(t)
	v := newTestView(nil, nil, nil)
	words := strings.Fields(v.resume())
	if code, _, errs := command(t, words[1:]...); words[0] != "streamrec" || code != exitRefused || !strings.Contains(errs, "clicks") {
		t.Errorf("%v: exit code %d: %s", words, code, errs)
	}
	if strings.Contains(v.resume(), "--execute") {
		t.Errorf("%s changes something", v.resume())
	}
	v.layout.Prefix = "it's; rm -rf"
	if want := `--prefix 'it'\''s; rm -rf' `; !strings.Contains(v.resume(), want) {
		t.Errorf("%s has not %s", v.resume(), want)
	}
}

func TestFleetViewShowsHolesAndWhatItCannotList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream := &viewStream{shards: []lease.Lease{quarter(0), quarter(2), quarter(3)}}
		store := &viewStore{}
		v := newTestView(store, stream, func() []dashboard.Self { return nil })
		f, err := v.Look(t.Context())
		if err != nil || f.Coverage.Hole == nil || f.Coverage.Hole.At != 0.25 || f.Coverage.Hole.Wide != 0.25 {
			t.Fatalf("%+v, %v", f, err)
		}
		stream.err = errors.New("throttled")
		time.Sleep(3 * time.Second)
		if f, err = v.Look(t.Context()); err != nil || !strings.Contains(f.Trouble, "throttled") || len(f.Shards) != 3 {
			t.Errorf("after a failure: %+v, %v", f, err)
		}
		stream.err, store.err = nil, errors.New("no table")
		time.Sleep(3 * time.Second)
		if _, err = v.Look(t.Context()); err == nil {
			t.Error("a table that cannot be read is no fleet without workers")
		}
	})
}

// TestFleetViewReadsManyRowsLessOften counts the readings of tables of two sizes in a minute of looks.
func TestFleetViewReadsManyRowsLessOften(t *testing.T) {
	for shards, most := range map[int]int{10: 60, 1000: 12} {
		synctest.Test(t, func(t *testing.T) {
			store := &viewStore{}
			for i := range shards {
				l := quarter(0)
				l.Key = fmt.Sprintf("shardId-%012d", i)
				store.leases = append(store.leases, l)
			}
			v := newTestView(store, &viewStream{}, func() []dashboard.Self { return nil })
			for range 60 {
				if _, err := v.Look(t.Context()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second)
			}
			if store.reads > most || store.reads < most/2 {
				t.Errorf("%d shards: %d readings a minute", shards, store.reads)
			}
		})
	}
}

func TestFleetViewAsksPeers(t *testing.T) {
	server := httptest.NewServer(dashboard.SelfHandler("5e", func() []dashboard.Self {
		return []dashboard.Self{{Worker: "other", Counters: dashboard.Counters{Objects: 3}, Shards: []dashboard.SelfShard{{Shard: quarter(0).Key, Counter: 1, LagMs: 5000}}}}
	}))
	defer server.Close()
	row := quarter(0)
	row.Owner, row.Counter, row.Checkpoint = "other", 1, lease.After("1", 1)
	store := &viewStore{leases: []lease.Lease{row}, workers: []lease.Worker{
		{ID: "gone", Address: "127.0.0.1:1"}, {ID: "other", Address: strings.TrimPrefix(server.URL, "http://"), Secret: "5e"},
	}}
	v := newTestView(store, &viewStream{}, func() []dashboard.Self { return nil })
	v.peers = dashboard.NewPeers(time.Now)
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		f, err := v.Look(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if f.Workers[0].Reach == "unreachable" && f.Workers[1].Reach == "peer" {
			if f.Workers[1].Counters.Objects != 3 || f.Shards[0].LagMs != 5000 {
				t.Errorf("%+v, %+v", f.Workers[1], f.Shards[0])
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("workers %+v", f.Workers)
		}
	}
}

func BenchmarkFleetView(b *testing.B) {
	store := &viewStore{}
	stream := &viewStream{}
	for i := range 1000 {
		l := quarter(i % 4)
		l.Key, l.Owner, l.Checkpoint = fmt.Sprintf("shardId-%012d", i), fmt.Sprintf("worker-%02d", i%20), lease.After("49680587121062381475332405647577509101882811551", 1)
		store.leases = append(store.leases, l)
	}
	for i := range 20 {
		store.workers = append(store.workers, lease.Worker{ID: fmt.Sprintf("worker-%02d", i), At: time.Now().UnixMilli()})
	}
	stream.shards = store.leases
	v := newTestView(store, stream, func() []dashboard.Self { return nil })
	for b.Loop() {
		if _, err := v.Look(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
