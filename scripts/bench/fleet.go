package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/streamrec/streamrec/worker"
)

// glance is the time between two looks at the diaries.
const glance = 20 * time.Millisecond

// fleet is the workers of one cell, with the services and the events of their diaries. One goroutine uses it.
type fleet struct {
	cell     *cell
	services *services
	dir      string // for diaries and logs, of this fleet alone
	children []*child
	history  *history
	lanes    map[string]bool // open shards of the stream
}

// newFleet starts services with so many shards, and no worker.
func newFleet(ctx context.Context, c *cell, shards int) (*fleet, error) {
	dir, err := os.MkdirTemp(c.dir, "fleet-")
	if err != nil {
		return nil, fmt.Errorf("make folder for diaries: %w", err)
	}
	s, err := startServices(ctx, shards)
	if err != nil {
		return nil, err
	}
	f := &fleet{cell: c, services: s, dir: dir, history: newHistory(), lanes: map[string]bool{}}
	for n := range shards {
		f.lanes[fmt.Sprintf("shardId-%012d", n)] = true
	}
	return f, nil
}

// end kills all workers and closes the services.
func (f *fleet) end() error {
	for _, c := range f.children {
		c.end()
	}
	return f.services.close()
}

// start starts one more worker.
func (f *fleet) start() (*child, error) {
	a := assignment{
		Side: f.cell.side, Name: fmt.Sprintf("w%d", len(f.children)+1), Application: appName, Stream: streamName, Endpoint: f.services.endpoint,
	}
	c, err := startChild(a, f.dir)
	if err != nil {
		return nil, err
	}
	f.children = append(f.children, c)
	return c, nil
}

// startApart starts n workers, one after the other: stock workers that start together fail to create their table.
func (f *fleet) startApart(ctx context.Context, n int) error {
	for range n {
		if _, err := f.start(); err != nil {
			return err
		}
		if err := f.pass(ctx, 1500*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// look reads what is new in the diaries. It fails when a worker has ended by itself.
func (f *fleet) look() error {
	var errs []error
	for _, c := range f.children {
		gone := c.check() // before the diary is read: what it wrote last is there by then
		events, err := c.diary.next()
		if len(events) > 0 && events[0].At.Before(c.started) {
			err = fmt.Errorf("the diary of %s begins before its process: it is another one's", c.name)
		}
		f.history.add(events)
		errs = append(errs, gone, err)
	}
	return errors.Join(errs...)
}

// await looks until cond is true, for at most limit.
func (f *fleet) await(ctx context.Context, what string, limit time.Duration, cond func() bool) error {
	began := time.Now()
	for {
		if err := f.look(); err != nil {
			return err
		}
		if cond() {
			return nil
		}
		if time.Since(began) > limit {
			return fmt.Errorf("waited %s in vain until %s", limit, what)
		}
		if err := (worker.System{}).Sleep(ctx, glance); err != nil {
			return err
		}
	}
}

// pass lets time pass.
func (f *fleet) pass(ctx context.Context, d time.Duration) error {
	end := time.Now().Add(d)
	return f.await(ctx, "time has passed", d+time.Minute, func() bool { return !time.Now().Before(end) })
}

// covered reports whether a running worker has processed each shard last.
func (f *fleet) covered() bool {
	for lane := range f.lanes {
		if c := f.child(f.history.owner(lane)); c == nil || !c.running() {
			return false
		}
	}
	return true
}

// even reports whether no running worker has two shards more than another one.
func (f *fleet) even() bool {
	held := f.held()
	counts := slices.Collect(maps.Values(held))
	return f.covered() && len(counts) > 0 && slices.Max(counts)-slices.Min(counts) < 2
}

// held counts the open shards of each running worker.
func (f *fleet) held() map[*child]int {
	held := map[*child]int{}
	for _, c := range f.children {
		if c.running() {
			held[c] = 0
		}
	}
	for lane := range f.lanes {
		if c := f.child(f.history.owner(lane)); c != nil && c.running() {
			held[c]++
		}
	}
	return held
}

func (f *fleet) child(name string) *child {
	for _, c := range f.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

// busiest is the running worker with most shards, the oldest of equal ones.
func (f *fleet) busiest() (busiest *child, err error) {
	held, most := f.held(), 0
	for _, c := range f.children {
		if held[c] > most {
			busiest, most = c, held[c]
		}
	}
	if busiest == nil {
		return nil, errors.New("no worker has a shard")
	}
	return busiest, nil
}

// settle waits until all shards are processed by running workers and evenly, or at least until they are processed, and then until no
// shard has moved for quiet. Stock workers may never be even, so that is waited for until patience ends.
func (f *fleet) settle(ctx context.Context, quiet, patience time.Duration) error {
	if err := f.await(ctx, "all shards are processed", f.cell.limit(), f.covered); err != nil {
		return err
	}
	ends := time.Now().Add(patience)
	return f.await(ctx, "no shard has moved for "+quiet.String(), patience+f.cell.limit(), func() bool {
		rested := f.covered() && time.Since(f.history.moved) > quiet
		return rested && (f.even() || time.Now().After(ends))
	})
}

// drain stops the traffic and counts what became of it.
func (f *fleet) drain(ctx context.Context, t *traffic) (tally, error) {
	acked, err := t.finish(ctx)
	if err != nil {
		return tally{}, err
	}
	return f.countAll(ctx, acked)
}

// countAll waits until all that was acknowledged has been processed, for half a minute or for as long as the side needs to take a
// shard, and counts. What has not been processed then is lost.
func (f *fleet) countAll(ctx context.Context, acked []receipt) (tally, error) {
	if len(acked) == 0 {
		return tally{}, errors.New("no record was acknowledged: there is nothing to count")
	}
	ends := time.Now().Add(min(f.cell.limit(), 30*time.Second))
	var t tally
	for {
		if err := f.look(); err != nil {
			return t, err
		}
		if t = f.history.count(acked); t.lost == 0 || time.Now().After(ends) {
			return t, nil
		}
		if err := (worker.System{}).Sleep(ctx, 25*glance); err != nil { // counting takes a while
			return t, err
		}
	}
}
