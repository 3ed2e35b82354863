package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/streamrec/streamrec/infra/dashboard"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

// fleetView is what the dashboard shows: the rows of the lease table, and what workers say of themselves, as far as they can be asked.
type fleetView struct {
	deployment
	store     lease.Store
	source    worker.Stream
	retention time.Duration
	silence   time.Duration
	own       func() []dashboard.Self // of this process
	peers     *dashboard.Peers        // nil: there are none to be asked

	seen     sighting // the last one; used by one look at a time
	plan     lease.Plan
	listedAt time.Time
	trouble  string
}

var _ dashboard.Source = (*fleetView)(nil)

// Look implements dashboard.Source.
func (v *fleetView) Look(ctx context.Context) (*dashboard.Fleet, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	if time.Since(v.seen.at) >= v.pause() {
		if err := v.read(ctx); err != nil {
			return nil, err
		}
	}
	v.list(ctx)
	seen := v.seen
	seen.at = time.Now()
	if seen.listed != nil {
		seen.leases = slices.Concat(seen.leases, withoutRows(seen.listed, seen.leases))
		slices.SortFunc(seen.leases, func(a, b lease.Lease) int { return cmp.Compare(a.Key, b.Key) })
	}
	return v.fleet(ctx, &seen), nil
}

// pause is the time between two readings of the table. Many rows are read no more often than each worker does anyway.
func (v *fleetView) pause() time.Duration {
	return min(time.Duration(len(v.seen.leases))*5*time.Millisecond, 5*time.Second)
}

// read reads leases before workers: an owner that is missing among workers read later is gone.
func (v *fleetView) read(ctx context.Context) error {
	leases, plan, err := v.store.Leases(ctx)
	if err != nil {
		return fmt.Errorf("read lease table: %w", err)
	}
	workers, err := v.store.Workers(ctx)
	if err != nil {
		return fmt.Errorf("read lease table: %w", err)
	}
	v.seen.at, v.seen.leases, v.seen.workers, v.seen.silence, v.plan = time.Now(), leases, workers, v.silence, plan
	return nil
}

// list asks for the shards of the stream when it is time, and keeps what it knew when that fails.
func (v *fleetView) list(ctx context.Context) {
	if time.Since(v.listedAt) < max(v.pause(), 2*time.Second) {
		return
	}
	v.listedAt = time.Now()
	listed, err := v.source.Shards(ctx)
	if err != nil {
		v.trouble = fmt.Sprintf("cannot list the shards of the stream: %v", err)
		return
	}
	v.seen.listed, v.trouble = listed, ""
}

// fleet puts together what was seen and what workers say.
func (v *fleetView) fleet(ctx context.Context, seen *sighting) *dashboard.Fleet {
	said := v.ask(ctx, seen.workers)
	f := &dashboard.Fleet{At: seen.at.UnixMilli(), Head: dashboard.Head{
		App: v.app, Stream: v.stream, RetentionMs: v.retention.Milliseconds(), SilenceMs: seen.silence.Milliseconds(), Replay: replayOf(&v.plan), Trouble: v.trouble,
	}}
	seen.said = said.shards
	report := seen.status()
	f.Coverage = ringCoverage(report.Coverage)
	for i := range report.Workers {
		f.Workers = append(f.Workers, said.worker(&report.Workers[i], &seen.workers[i]))
	}
	asked := map[string]string{}
	for _, h := range report.HandOffs {
		asked[h.Shard] = h.To
	}
	for i := range report.Shards {
		f.Shards = append(f.Shards, v.shard(&report.Shards[i], &seen.leases[i], asked, said))
	}
	return f
}

func (v *fleetView) shard(s *shardStatus, l *lease.Lease, asked map[string]string, said sayings) dashboard.Shard {
	at, wide := ringPart(l.StartingHashKey, l.EndingHashKey)
	d := dashboard.Shard{
		ID: s.Shard, State: s.State, Owner: s.Owner, Counter: s.LeaseCounter, Checkpoint: s.Checkpoint, CheckpointAt: l.CheckpointAt,
		CommittedAt: max(l.CheckpointAt, l.Tip), From: l.StartingHashKey, To: l.EndingHashKey, At: at, Wide: wide,
		Parents: s.Parents, Children: s.Children, WaitsFor: s.WaitsFor, Asked: asked[s.Shard], Stopped: s.Stopped, Plan: l.Plan, LagMs: -1,
	}
	if s.Stopped != "" {
		d.Resume = v.resume()
	}
	if own, ok := said.shards[shardOf{s.Owner, s.Shard, s.LeaseCounter}]; ok {
		d.LagMs = own.LagMs
	}
	if s.Rate != nil {
		d.Rate = *s.Rate
	}
	return d
}

// resume is the command that lets a stopped shard be read again; the plan that it shows first says from where.
func (v *fleetView) resume() string {
	return fmt.Sprintf("streamrec reset --app %s --stream %s --bucket %s --prefix %s --to-trim-horizon",
		quoted(v.app), quoted(v.stream), quoted(v.bucket), quoted(v.layout.Prefix))
}

// quoted is an argument as a shell reads it.
func quoted(s string) string {
	odd := func(r rune) bool {
		return !strings.ContainsRune("_-./=", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}
	if s != "" && !strings.ContainsFunc(s, odd) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// sayings are what workers say of themselves.
type sayings struct {
	here    map[string]bool // workers of this process
	reached map[string]bool // by address: whether it answered; not there: nobody has asked yet
	workers map[string]dashboard.Counters
	shards  map[shardOf]dashboard.SelfShard
}

// shardOf names a term of a shard: what a worker says of another one does not count.
type shardOf struct {
	worker, shard string
	counter       int64
}

func (v *fleetView) ask(ctx context.Context, workers []lease.Worker) sayings {
	s := sayings{here: map[string]bool{}, workers: map[string]dashboard.Counters{}}
	own := v.own()
	for _, self := range own {
		s.here[self.Worker] = true
	}
	var answers []dashboard.Self
	if v.peers != nil {
		others := slices.DeleteFunc(slices.Clone(workers), func(w lease.Worker) bool { return s.here[w.ID] })
		answers, s.reached = v.peers.Answers(ctx, peersOf(others))
	}
	all := slices.Concat(answers, own)
	for _, self := range all {
		s.workers[self.Worker] = self.Counters
	}
	s.shards = saidOf(all)
	return s
}

// saidOf returns what workers say of the terms that they have.
func saidOf(selves []dashboard.Self) map[shardOf]dashboard.SelfShard {
	said := map[shardOf]dashboard.SelfShard{}
	for _, self := range selves {
		for _, sh := range self.Shards {
			said[shardOf{self.Worker, sh.Shard, sh.Counter}] = sh
		}
	}
	return said
}

func (s sayings) worker(w *workerStatus, row *lease.Worker) dashboard.Worker {
	d := dashboard.Worker{
		ID: w.Worker, State: w.State, Address: w.Address, Heartbeat: w.Heartbeat, BeatAt: row.At, Leases: w.Leases, Acked: row.Acked,
	}
	if w.Rate != nil {
		d.Rate = *w.Rate
	}
	if c, ok := s.workers[w.Worker]; ok {
		d.Counters = &c
	}
	answered, asked := s.reached[w.Address]
	switch {
	case s.here[w.Worker]:
		d.Reach = "here"
	case w.Address == "":
		d.Reach = "none"
	case answered && d.Counters != nil:
		d.Reach = "peer"
	case asked:
		d.Reach = "unreachable"
	}
	return d
}

func replayOf(p *lease.Plan) *dashboard.Replay {
	if p.Number == 0 {
		return nil
	}
	return &dashboard.Replay{
		Number: p.Number, State: string(p.State), From: time.Unix(p.Hour*3600, 0).UnixMilli(), At: p.At, Operator: p.Operator, Reason: p.Reason,
	}
}

func ringCoverage(c *coverage) *dashboard.Coverage {
	if c == nil {
		return nil
	}
	d := &dashboard.Coverage{Open: c.OpenShards}
	if c.Hole != nil {
		at, wide := ringPart(c.Hole.From, c.Hole.To)
		d.Hole = &dashboard.Hole{From: c.Hole.From, To: c.Hole.To, At: at, Wide: wide}
	}
	return d
}

// ringPart returns the place and the width of a hash range, given by decimal bounds of 128 bits, as parts of the ring.
func ringPart(from, to string) (at, wide float64) {
	a, errA := strconv.ParseFloat(from, 64)
	b, errB := strconv.ParseFloat(to, 64)
	if errA != nil || errB != nil {
		return 0, 0
	}
	ring := math.Exp2(128)
	digits := func(x float64) float64 { return math.Round(x*1e9) / 1e9 }
	return digits(a / ring), digits((b - a + 1) / ring)
}
