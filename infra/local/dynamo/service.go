package dynamo

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/streamrec/streamrec/infra/local/dynamo/internal/journal"
)

// Options configure a Service. The zero value is a service in memory.
type Options struct {
	// Now is the clock: creation times, the CREATING state and the life of idempotency tokens. Defaults to time.Now.
	Now func() time.Time
	// Dir is a directory in which tables and items persist; empty keeps them in memory. One Service at a time may use it.
	Dir string
	// CreateDelay is how long a new table stays in CREATING. Defaults to 0: it is ACTIVE at once.
	CreateDelay time.Duration
	// Region and Account go into ARNs. They default to us-east-1 and 000000000000.
	Region, Account string
	// Log is told of what nobody can be answered with: a torn journal, a failed compaction. Defaults to nothing.
	Log logrus.FieldLogger
}

// Service is an in-process DynamoDB. It is an http.Handler, safe for concurrent use.
type Service struct {
	now         func() time.Time
	createDelay time.Duration
	region      string
	account     string
	log         logrus.FieldLogger
	operations  map[string]operation
	ledger      ledger

	// mu guards all that follows. It is held for one operation at a time, which makes every operation linearizable, and
	// never while anything waits for another goroutine or for time.
	mu      sync.RWMutex
	tables  map[string]*table
	tokens  tokens
	journal *journal.Journal // nil in memory
	closed  bool
}

// New makes a service. With Options.Dir it finds its tables and items as they were when the last Service that used the
// directory ended, however that was. It fails when the directory is in use, unreadable or damaged.
func New(o Options) (*Service, error) {
	s := &Service{
		now:         o.Now,
		createDelay: o.CreateDelay,
		region:      cmp.Or(o.Region, "us-east-1"),
		account:     cmp.Or(o.Account, "000000000000"),
		log:         o.Log,
		tables:      map[string]*table{},
		tokens:      tokens{},
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = silent()
	}
	s.operations = s.supported()
	if o.Dir == "" {
		return s, nil
	}
	if err := s.restore(o.Dir); err != nil {
		return nil, err
	}
	return s, nil
}

func silent() logrus.FieldLogger {
	l := logrus.New()
	l.SetOutput(io.Discard)
	return l
}

// restore opens the journal and rebuilds the state from it.
func (s *Service) restore(dir string) error {
	j, err := journal.Open(dir, s.replay)
	if err != nil {
		return fmt.Errorf("restore tables: %w", err)
	}
	if j.Cut() > 0 {
		s.log.WithField("bytes", j.Cut()).Warn("journal ended in a torn entry, which was cut off")
	}
	s.journal = j
	return nil
}

func (s *Service) isClosed() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.closed
}

var errClosed = errors.New("the local DynamoDB is closed")

// Close writes what has to be written and releases the directory. Requests that come later are answered with
// InternalServerError. Closing twice does nothing.
func (s *Service) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	if s.journal == nil {
		return nil
	}
	return s.journal.Close()
}
