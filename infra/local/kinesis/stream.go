package kinesis

import (
	"errors"
	"os"
	"path/filepath"
	"sort"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
)

// stream is one data stream. Everything in it is guarded by mu, which is never held while waiting for anything but a disk.
type stream struct {
	name    string
	epoch   uint64
	account account
	options *Options
	dir     string // folder of the stream; empty in memory

	mu         sync.Mutex
	state      streamState
	counter    uint64 // the last one that was given out
	partitions map[uint32]*partition
	routes     []*partition // the open ones by ascending hash key
	firstEnd   int64        // when the first of the closed shards was closed; math.MaxInt64 without one
	ended      error        // what requests are told after the stream was deleted or the service closed
}

// partition is what a shard has at run time.
type partition struct {
	index  uint32
	id     string
	keys   hashRange
	log    *shardLog
	writes writeBudget
	reads  readBudget
}

// newStream makes an unsaved stream.
func newStream(options *Options, acct account, state streamState) *stream {
	s := &stream{
		name: state.Name, epoch: state.Epoch, account: acct, options: options,
		state: state, counter: state.Counter, partitions: make(map[uint32]*partition),
	}
	if options.Dir != "" {
		s.dir = filepath.Join(options.Dir, streamFolder(state.Epoch))
	}
	return s
}

// tick gives out counters for the bounds of shards.
func (s *stream) tick(now int64) func() stamp {
	return func() stamp {
		s.counter++
		return stamp{Counter: s.counter, Millis: now}
	}
}

// apply replaces the state by a changed clone once that is saved. Partitions and routes follow the topology.
func (s *stream) apply(next streamState) error {
	next.Counter = s.counter
	if err := s.save(&next); err != nil {
		return err
	}
	s.state = next
	s.follow()
	return nil
}

func (s *stream) follow() {
	s.firstEnd = s.state.Topology.firstEnd()
	s.routes = make([]*partition, 0, len(s.routes))
	for _, shard := range s.state.Topology.openShards() {
		s.routes = append(s.routes, s.partition(shard))
	}
	for _, shard := range s.state.Topology.Shards {
		if p := s.partition(shard); !shard.open() {
			s.warn(p, "records not synchronised", p.log.seal())
		}
	}
}

// warn logs an error beside which a request succeeded, if there is one.
func (s *stream) warn(p *partition, message string, err error) {
	if err != nil {
		s.options.Logger.WithFields(logrus.Fields{"stream": s.name, "shard": p.id}).WithError(err).Warn(message)
	}
}

// partition returns the run-time side of a shard, made on first use.
func (s *stream) partition(shard shardState) *partition {
	p := s.partitions[shard.Index]
	if p == nil {
		p = &partition{
			index: shard.Index, id: shardID(shard.Index), keys: shard.Range,
			log: newLog(s.logDir(shard.Index), s.options.segmentBytes),
		}
		s.partitions[shard.Index] = p
	}
	return p
}

func (s *stream) logDir(index uint32) string {
	if s.dir == "" {
		return ""
	}
	return filepath.Join(s.dir, shardID(index))
}

// route returns the open shard that takes a hash key.
func (s *stream) route(key hashKey) *partition {
	behind := sort.Search(len(s.routes), func(i int) bool { return s.routes[i].keys.Start.compare(key) > 0 })
	return s.routes[behind-1]
}

// expire drops the closed shards that are past retention. If the disk does not let it, they stay for now.
func (s *stream) expire(now int64) {
	cutoff := s.state.cutoff(now)
	if s.firstEnd >= cutoff {
		return
	}
	next := s.state.clone()
	kept, expired := next.Topology.expire(cutoff)
	next.Topology = kept
	if err := s.apply(next); err != nil {
		s.options.Logger.WithField("stream", s.name).WithError(err).Warn("expired shards not dropped")
		return
	}
	for _, index := range expired {
		p := s.partitions[index]
		delete(s.partitions, index)
		s.warn(p, "expired records not removed", p.log.remove())
	}
}

// sequence is the sequence number of a stamp in a shard.
func (s *stream) sequence(index uint32, at stamp) sequence {
	return sequence{epoch: s.epoch, counter: at.Counter, seconds: uint64(max(at.Millis, 0) / 1000), shard: index}
}

// requireActive refuses what only an active stream can do.
func (s *stream) requireActive(now int64) error {
	if status := s.state.status(now); status != statusActive {
		return inUse("Stream %s under account %s not ACTIVE, instead in state %s", s.name, s.account.id, status)
	}
	return nil
}

// requireData refuses reads and writes before the stream is created.
func (s *stream) requireData(now int64) error {
	if s.state.status(now) == statusCreating {
		return s.account.streamMissing(s.name)
	}
	return nil
}

// requireProvisioned refuses resharding on demand.
func (s *stream) requireProvisioned(operation string) error {
	if s.state.Mode == modeProvisioned {
		return nil
	}
	return validation("%s is only supported for data streams with the provisioned capacity mode. Stream %s under account %s "+
		"has the capacity mode %s.", operation, s.name, s.account.id, s.state.Mode)
}

// gone reports whether the deletion of the stream is complete.
func (s *stream) gone(now int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.gone(now)
}

// close writes everything to disk and lets go of the files.
func (s *stream) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = errClosed
	var errs []error
	for _, p := range s.partitions {
		errs = append(errs, p.log.seal())
	}
	return errors.Join(errs...)
}

// remove deletes the stream from disk. The state goes first: without it the rest is swept away at the next start.
func (s *stream) remove() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = s.account.streamMissing(s.name)
	if s.dir == "" {
		return nil
	}
	if err := os.Remove(filepath.Join(s.dir, stateFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	var errs []error
	for _, p := range s.partitions {
		errs = append(errs, p.log.remove())
	}
	return errors.Join(append(errs, os.RemoveAll(s.dir))...)
}

// nanos is the clock of the budgets.
func nanos(now int64) int64 { return now * int64(time.Millisecond) }
