package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"syscall"
	"time"

	faults "github.com/streamrec/streamrec/infra/local/fault"
	"github.com/streamrec/streamrec/scripts/process"
)

// fleet is the workers. Whoever ends without having been told to is started again, as a supervisor would do.
type fleet struct {
	stack *stack
	flags []string
	say   func(format string, args ...any)

	watching sync.WaitGroup
	closed   chan struct{}

	mu       sync.Mutex
	members  []*member
	counters map[string]int // rules that count each member's requests to DynamoDB
	refused  int            // starts that a worker refused, because it did not reach what it needs
	unclean  []string
	broken   []error // processes that ended by themselves
}

func newFleet(s *stack, o options, say func(string, ...any)) *fleet {
	return &fleet{stack: s, say: say, closed: make(chan struct{}), counters: map[string]int{}, flags: []string{
		"--no-privacy", "--failover-time", o.failover.String(), "--flush-age", o.flush.String(), "--log-format", "json",
	}}
}

// found adds a member, and starts its process.
func (f *fleet) found(ctx context.Context, name string, elder bool) (*member, error) {
	m := &member{name: name, elder: elder}
	never := faults.When{After: 1 << 40}
	id, err := f.stack.faults.Add(ctx, faults.Rule{Match: faults.Match{Services: []string{faults.DynamoDB}, AccessKey: m.accessKey()}, When: never, Effect: faults.Cut()})
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	f.members = append(f.members, m)
	f.counters[name] = id
	f.mu.Unlock()
	return m, f.start(m)
}

// start starts a member's next process, and watches it.
func (f *fleet) start(m *member) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if f.over() || m.gone {
		return nil
	}
	j, err := openJournal(f.stack.dir, m.name)
	if err != nil {
		return fmt.Errorf("open log of %s: %w", m.name, err)
	}
	args := append([]string{"worker", "--name", m.name}, append(deployment(), f.flags...)...)
	p, err := f.stack.start(m.name, m.accessKey(), nil, j, args...)
	if err != nil {
		return errors.Join(err, j.file.Close())
	}
	m.proc, m.journal, m.leaves = p, j, false
	m.starts++
	f.watching.Go(func() { f.watch(m, p, j) })
	return nil
}

// over reports whether nobody is to be started any more.
func (f *fleet) over() bool {
	select {
	case <-f.closed:
		return true
	default:
		return false
	}
}

// refusal is the exit code of a worker that does not reach what it needs when it starts.
const refusal = 3

// watch waits for the end of a process. One that was not told to end is started again.
func (f *fleet) watch(m *member, p *process.Process, j *journal) {
	<-p.Done()
	_ = j.file.Close() // for people; nothing was buffered
	if m.told(p) {
		return
	}
	f.note(p, j)
	f.say("%s has ended by itself, %s, and is started again", p, p.Outcome())
	select {
	case <-f.closed:
		return
	case <-time.After(time.Second):
	}
	if m.told(p) {
		return
	}
	if err := f.start(m); err != nil {
		f.fail(err)
	}
}

// note takes note of a process that has ended by itself.
func (f *fleet) note(p *process.Process, j *journal) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p.Code() == refusal {
		f.refused++
		return
	}
	f.broken = append(f.broken, fmt.Errorf("%s has ended by itself after %s: %s %s", p, p.Lasted().Round(time.Second), p.Outcome(), j.last()))
}

func (f *fleet) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.broken = append(f.broken, err)
}

// claim returns the n-th of the members that run and to which nothing happens, for something to happen to it; nil when there is none. The elder is
// spared from what ends a process.
func (f *fleet) claim(n int, ends bool) *member {
	f.mu.Lock()
	defer f.mu.Unlock()
	var free []*member
	for _, m := range f.members {
		if p, _, _ := m.current(); p != nil && !m.busy && !m.dismissed() && !(ends && m.elder) {
			free = append(free, m)
		}
	}
	if len(free) == 0 {
		return nil
	}
	m := free[n%len(free)]
	m.busy = true
	return m
}

// claimThis is claim of one member that is not the elder.
func (f *fleet) claimThis(m *member) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	p, _, _ := m.current()
	if p == nil || m.busy || m.elder {
		return false
	}
	m.busy = true
	return true
}

// release ends what claim began.
func (f *fleet) release(m *member) {
	f.mu.Lock()
	defer f.mu.Unlock()
	m.busy = false
}

// all returns the members, but for those that are gone for good.
func (f *fleet) all() (members []*member) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range f.members {
		if !m.dismissed() {
			members = append(members, m)
		}
	}
	return members
}

// goodbye is how long a worker may take to leave: more than twice its grace, which it gives first to its leases and then to consumers that hang.
const goodbye = 75 * time.Second

// leave asks a member's process to leave, and waits until it has. One that does not leave in time is killed, which is wrong; one that could not hand over
// everything says so by its exit code, which is noted.
func (f *fleet) leave(ctx context.Context, m *member) error {
	if p, _, _ := m.current(); p == nil {
		return nil
	}
	p, err := m.signal(syscall.SIGTERM)
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeoutCause(ctx, goodbye, errors.New("it was told to leave"))
	defer cancel()
	code, err := p.Wait(limited)
	if err != nil {
		_, killed := m.signal(syscall.SIGKILL)
		f.fail(errors.Join(err, killed))
		<-p.Done()
		return nil
	}
	if code != 0 {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.unclean = append(f.unclean, fmt.Sprintf("%s left with exit code %d", p, code))
	}
	return nil
}

// requests returns how many requests each member has made to DynamoDB.
func (f *fleet) requests(ctx context.Context) (map[string]int, error) {
	rules, err := f.stack.faults.Rules(ctx)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	calls := map[string]int{}
	for name, id := range f.counters {
		for _, r := range rules {
			if r.ID == id {
				calls[name] = r.Calls
			}
		}
	}
	return calls, nil
}

// retire lets all workers leave.
func (f *fleet) retire(ctx context.Context) error {
	close(f.closed)
	members := f.all()
	errs := make([]error, len(members))
	var leaving sync.WaitGroup
	for i, m := range members {
		leaving.Go(func() { errs[i] = f.leave(ctx, m) })
	}
	leaving.Wait()
	f.watching.Wait()
	return errors.Join(errs...)
}

// end kills what is left.
func (f *fleet) end() {
	if !f.over() {
		close(f.closed)
	}
	f.mu.Lock()
	members := slices.Clone(f.members)
	f.mu.Unlock()
	for _, m := range members {
		_, _ = m.signal(syscall.SIGKILL) // it may have ended
	}
	f.watching.Wait()
}
