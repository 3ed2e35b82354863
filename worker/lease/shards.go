package lease

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// syncDue reports whether the shards have to be listed, because it is time or a shard has ended. The listing is then under way.
func (c *Coordinator) syncDue() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.syncing || !c.resync && c.env.Now().Before(c.nextSync) {
		return false
	}
	c.syncing, c.resync = true, false
	return true
}

// sync gives every shard of the stream a row beside the scans, and waits for it no longer than until the next of them: leases have to be watched while the stream
// does not answer.
func (c *Coordinator) sync(ctx context.Context, end context.CancelCauseFunc) {
	done, synced := context.WithCancel(context.WithoutCancel(ctx))
	began := c.env.Now()
	c.env.Go(func() {
		defer synced()
		err := c.syncShards(ctx)
		next := began.Add(c.cfg.ShardSync)
		if errors.Is(err, ErrRefused) {
			end(err)
		} else if err != nil {
			c.trouble(ctx, "sync shards", err)
			next = began.Add(c.cfg.Scan)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.syncing, c.nextSync = false, next
	})
	_ = c.env.Sleep(done, c.cfg.Scan) // its end ends the wait
}

// awaitSync waits until no listing is under way, which is soon after the end of its context; for one that hangs nevertheless no longer than T/2.
func (c *Coordinator) awaitSync(ctx context.Context) {
	for until := c.env.Now().Add(c.cfg.Failover / 2); c.isSyncing() && c.env.Now().Before(until); {
		if c.env.Sleep(ctx, c.cfg.Failover/500) != nil {
			return
		}
	}
}

func (c *Coordinator) isSyncing() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.syncing
}

// syncShards gives every shard of the stream a row. What an application begins with starts at the genesis position, every shard
// that appears later at TRIM_HORIZON, so that nothing between a reshard and its discovery is skipped.
func (c *Coordinator) syncShards(ctx context.Context) error {
	listed, err := c.listShards(ctx)
	if err != nil {
		return fmt.Errorf("list shards: %w", err)
	}
	rows, plan, err := c.store.Leases(ctx)
	if err != nil {
		return fmt.Errorf("read leases: %w", err)
	}
	missing := missingRows(listed, rows)
	if len(missing) > 0 {
		if err := c.createRows(ctx, listed, missing, plan); err != nil {
			return err
		}
	}
	if from, to, ok := Hole(listed); ok {
		c.report.Hole(from, to)
	}
	return nil
}

// listShards lists the shards, but does not wait for long: there is more to do than to look for new ones.
func (c *Coordinator) listShards(ctx context.Context) ([]Lease, error) {
	ctx, cancel := c.env.WithTimeout(ctx, 2*c.cfg.Failover, errTimeout)
	defer cancel()
	return c.shards.Shards(ctx)
}

// missingRows returns the rows that have to be created, parents before children, so that no child seems to be without parents
// meanwhile. A parent that a shard still waits for, and that the stream has no more, gets a row that says SHARD_END: its records
// are past retention. ListShards is in the order in which shards are made, so it never shows a child without a parent that exists.
func missingRows(listed, rows []Lease) (missing []Lease) {
	known := map[string]bool{}
	waits := map[string]bool{}
	for _, l := range rows {
		known[l.Key] = true
		waits[l.Key] = l.Checkpoint.Type == TrimHorizon || l.Checkpoint.Type == AtTimestamp
	}
	exists := map[string]bool{}
	for _, l := range listed {
		exists[l.Key] = true
	}
	for _, l := range parentsFirst(listed) {
		for _, p := range l.Parents {
			if !exists[p] && !known[p] && (waits[l.Key] || !known[l.Key]) {
				known[p] = true
				missing = append(missing, Lease{Key: p, Checkpoint: Position{Type: ShardEnd}, Children: []string{l.Key}})
			}
		}
		if !known[l.Key] {
			missing = append(missing, l)
		}
	}
	return missing
}

// createRows creates rows in this order, eight at a time. What exists when an application begins starts at the genesis position, every shard that
// appears later at TRIM_HORIZON.
func (c *Coordinator) createRows(ctx context.Context, listed, missing []Lease, plan Plan) error {
	all := make([]string, len(listed))
	for i, l := range listed {
		all[i] = l.Key
	}
	genesis, err := c.genesis(ctx, all)
	if err != nil {
		return err
	}
	for _, wave := range waves(missing) {
		errs := make([]error, len(wave))
		c.parallel(len(wave), 8, func(i int) { errs[i] = c.createRow(ctx, wave[i], &genesis, &plan) })
		if err := errors.Join(errs...); err != nil {
			return err
		}
	}
	c.mu.Lock()
	c.stale = true
	c.mu.Unlock()
	return nil
}

func (c *Coordinator) createRow(ctx context.Context, l Lease, genesis *Genesis, plan *Plan) error {
	l.Plan, l.Map, l.Source = plan.Number, plan.Map, plan.Source
	if !l.Ended() {
		l.Checkpoint = genesis.start(l.Key)
	}
	if err := c.insist(ctx, func(ctx context.Context) error { return c.store.Create(ctx, l) }); err != nil {
		return fmt.Errorf("create lease %s: %w", l.Key, err)
	}
	return nil
}

// waves parts rows, which are parents before children: the n-th wave has those that n generations of them precede.
func waves(rows []Lease) (waves [][]Lease) {
	behind := map[string]int{} // by key: the wave after that of the row
	for _, l := range rows {
		n := 0
		for _, p := range l.Parents {
			n = max(n, behind[p])
		}
		if behind[l.Key] = n + 1; n == len(waves) {
			waves = append(waves, nil)
		}
		waves[n] = append(waves[n], l)
	}
	return waves
}

// genesis returns how the application began. It begins now, with these shards, if it has not.
func (c *Coordinator) genesis(ctx context.Context, shards []string) (g Genesis, err error) {
	err = c.insist(ctx, func(ctx context.Context) (err error) {
		g, err = c.store.Begin(ctx, Genesis{Position: c.cfg.Initial, Shards: shards})
		return err
	})
	if err != nil {
		return g, fmt.Errorf("begin application: %w", err)
	}
	return g, nil
}

// start is where a shard's row begins: what the stream had when the application began at the position of the genesis, whoever creates
// the row, and every later shard at its oldest record.
func (g *Genesis) start(shard string) Position {
	if slices.Contains(g.Shards, shard) {
		return g.Position
	}
	return Position{Type: TrimHorizon}
}

// parentsFirst returns the shards in an order in which no shard comes before a parent. Shard ids grow along lineage in Kinesis,
// but nothing promises it.
func parentsFirst(shards []Lease) []Lease {
	byKey := map[string]Lease{}
	for _, s := range shards {
		byKey[s.Key] = s
	}
	var out []Lease
	done := map[string]bool{}
	var visit func(s Lease)
	visit = func(s Lease) {
		if done[s.Key] {
			return
		}
		done[s.Key] = true
		for _, p := range s.Parents {
			if parent, ok := byKey[p]; ok {
				visit(parent)
			}
		}
		out = append(out, s)
	}
	for _, s := range slices.SortedFunc(slices.Values(shards), func(a, b Lease) int { return strings.Compare(a.Key, b.Key) }) {
		visit(s)
	}
	return out
}

// lastHashKey is 2^128 - 1.
var lastHashKey = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 128), big.NewInt(1))

// Hole returns the first part of the hash range that no shard without children covers. The bounds are decimal and inclusive.
func Hole(shards []Lease) (from, to string, ok bool) {
	parent := map[string]bool{}
	for _, s := range shards {
		for _, p := range s.Parents {
			parent[p] = true
		}
	}
	type span struct{ from, to *big.Int }
	var spans []span
	for _, s := range shards {
		a, okA := new(big.Int).SetString(s.StartingHashKey, 10)
		b, okB := new(big.Int).SetString(s.EndingHashKey, 10)
		if !parent[s.Key] && okA && okB {
			spans = append(spans, span{a, b})
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return a.from.Cmp(b.from) })
	next := new(big.Int)
	for _, s := range spans {
		if s.from.Cmp(next) > 0 {
			return next.String(), s.from.Sub(s.from, big.NewInt(1)).String(), true
		}
		if s.to.Cmp(next) >= 0 {
			next.Add(s.to, big.NewInt(1))
		}
	}
	if next.Cmp(lastHashKey) <= 0 {
		return next.String(), lastHashKey.String(), true
	}
	return "", "", false
}

// adopt takes the children of a shard that this worker has just ended, where all parents have ended, so that the children
// do not wait for anybody's next look at the table. The plan moves them later.
func (c *Coordinator) adopt(ctx context.Context, ended Lease) {
	for _, key := range ended.Children {
		child, err := c.store.Lease(ctx, key)
		if err != nil {
			c.trouble(ctx, "adopt child", err)
			continue
		}
		family := []Lease{ended, child}
		for _, p := range child.Parents {
			if parent, err := c.store.Lease(ctx, p); err == nil && p != ended.Key {
				family = append(family, parent)
			}
		}
		if child.Owner == "" && Startable(family)(&child) {
			if err := c.take(ctx, child); err != nil {
				c.trouble(ctx, "adopt child", err)
			}
		}
	}
}
