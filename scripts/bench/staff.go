package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	stream "github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

// staff starts the workers. Those of streamrec have shared the shards when it returns. Stock workers share them when there are records, and fail to create their
// table when they start together.
func (s *shopFloor) staff(ctx context.Context, c *cell, endpoint string, args []string) error {
	for n := range queryWorkers {
		w, err := s.hire(c, endpoint, fmt.Sprint("w", n), args)
		if err != nil {
			return err
		}
		s.workers = append(s.workers, w)
		if c.side == ours {
			continue
		}
		if err := (worker.System{}).Sleep(ctx, 1500*time.Millisecond); err != nil {
			return err
		}
	}
	if c.side == ours {
		return s.settle(ctx)
	}
	return nil
}

// hire starts a worker.
func (s *shopFloor) hire(c *cell, endpoint, name string, args []string) (measured, error) {
	if c.side != ours {
		return startPlain(c.side, drainPlain, endpoint, c.dir, name)
	}
	return startReal(endpoint, c.dir, name, append(args, "--no-privacy")...)
}

// awaitStaff waits until each worker has processed something.
func (s *shopFloor) awaitStaff(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, 90*time.Second, errors.New("a worker has processed nothing"))
	defer cancel()
	for _, w := range s.workers {
		if err := w.awaitCount(ctx, 1); err != nil {
			return err
		}
	}
	return nil
}

// settle waits until each worker has a shard, and notes who has which.
func (s *shopFloor) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, 90*time.Second, errors.New("the workers have not shared the shards"))
	defer cancel()
	for {
		if rows, _, err := s.store.Leases(ctx); err == nil && s.know(ctx, rows) {
			return nil
		}
		if err := (worker.System{}).Sleep(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
}

// know takes the owners from the rows, if every worker is one.
func (s *shopFloor) know(ctx context.Context, rows []lease.Lease) bool {
	workers, err := s.store.Workers(ctx)
	if err != nil {
		return false
	}
	address := map[string]string{}
	for _, w := range workers {
		address[w.ID] = w.Address
	}
	s.ranges, s.owners, s.addresses = nil, nil, nil
	seen := map[string]bool{}
	for _, row := range rows {
		hashes, err := stream.ParseHashRange(row.StartingHashKey, row.EndingHashKey)
		at := address[row.Owner]
		if err != nil || at == "" {
			return false
		}
		if !seen[at] {
			seen[at] = true
			s.addresses = append(s.addresses, at)
		}
		s.ranges, s.owners = append(s.ranges, hashes), append(s.owners, at)
	}
	return len(s.addresses) == queryWorkers
}
