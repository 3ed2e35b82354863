package kinesis

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
)

// Service is Amazon Kinesis Data Streams inside the process: an http.Handler that the AWS SDKs talk to. It is safe for
// concurrent use and starts no goroutines.
type Service struct {
	options    Options
	account    account
	operations map[string]operation
	buffers    buffers
	batches    batches
	lock       *os.File // nil in memory

	mu        sync.RWMutex // before the lock of any stream
	streams   map[string]*stream
	lastEpoch uint64
	closed    bool
}

// New makes a service and reads what Options.Dir holds from earlier. It fails when the folder is in use, cannot be read, or
// holds damaged records that are not the end of an interrupted write, and when one of Options.Streams is no stream.
func New(options Options) (*Service, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Service{
		options: options,
		account: account{id: options.AccountID, region: options.Region},
		streams: make(map[string]*stream),
	}
	s.operations = s.supported()
	if options.Dir != "" {
		if err := s.open(); err != nil {
			return nil, fmt.Errorf("open kinesis folder %s: %w", options.Dir, err)
		}
	}
	if err := s.furnish(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Service) open() (err error) {
	if err := os.MkdirAll(s.options.Dir, 0o700); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	if s.lock, err = lockDir(s.options.Dir); err != nil {
		return err
	}
	if s.streams, err = loadStreams(&s.options, s.account); err != nil {
		return errors.Join(err, s.lock.Close())
	}
	for _, st := range s.streams {
		s.lastEpoch = max(s.lastEpoch, st.epoch)
	}
	return nil
}

// furnish creates Options.Streams.
func (s *Service) furnish() error {
	for _, name := range slices.Sorted(maps.Keys(s.options.Streams)) {
		if s.streams[name] != nil {
			continue
		}
		if _, err := s.createStream(s.now(), &createStreamRequest{StreamName: name, ShardCount: new(s.options.Streams[name])}); err != nil {
			return fmt.Errorf("create stream %q: %w", name, err)
		}
	}
	return nil
}

// Close writes everything to disk and gives the folder free. Requests that come later fail. It may be called twice.
func (s *Service) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	var errs []error
	for _, st := range s.streams {
		errs = append(errs, st.close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}

// now is the service's clock in milliseconds since 1970.
func (s *Service) now() int64 { return s.options.Now().UnixMilli() }

// with runs use under the lock of the stream that a request names, trimmed to its retention.
func (s *Service) with(ref streamRef, now int64, use func(*stream) error) error {
	name, err := s.account.resolve(ref)
	if err != nil {
		return err
	}
	st, err := s.find(name, now)
	if err != nil {
		return err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.ended != nil {
		return st.ended
	}
	st.expire(now)
	return use(st)
}

// find looks a stream up; one whose deletion is complete is forgotten at this moment.
func (s *Service) find(name string, now int64) (*stream, error) {
	s.mu.RLock()
	st := s.streams[name]
	s.mu.RUnlock()
	switch {
	case st == nil:
		return nil, s.account.streamMissing(name)
	case !st.gone(now):
		return st, nil
	}
	if err := s.forget(st); err != nil {
		return nil, err
	}
	return nil, s.account.streamMissing(name)
}

var errClosed = errors.New("the service is closed")

// isClosed reports whether Close was called.
func (s *Service) isClosed() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.closed
}

// forget removes a stream with all its records.
func (s *Service) forget(st *stream) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.streams[st.name] != st {
		return nil
	}
	if err := st.remove(); err != nil {
		return fmt.Errorf("remove stream: %w", err)
	}
	delete(s.streams, st.name)
	return nil
}

// usage counts the open shards of the account, and its streams on demand. The caller holds no stream's lock.
func (s *Service) usage(now int64) (openShards, onDemand int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.usageLocked(now)
}

func (s *Service) usageLocked(now int64) (openShards, onDemand int) {
	for _, st := range s.streams {
		st.mu.Lock()
		if !st.state.gone(now) {
			openShards += st.state.Topology.openCount()
			if st.state.Mode == modeOnDemand {
				onDemand++
			}
		}
		st.mu.Unlock()
	}
	return openShards, onDemand
}

// roomFor refuses a request that would need more open shards than the account may have.
func (s *Service) roomFor(more, open int) error {
	if open+more <= s.options.ShardLimit {
		return nil
	}
	return limitExceeded("This request would exceed the shard limit for the account %s in %s. Current shard count for the account: %d. "+
		"Limit: %d. Number of additional shards that would have resulted from this request: %d.",
		s.account.id, s.account.region, open, s.options.ShardLimit, more)
}
