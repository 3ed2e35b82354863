package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	faults "github.com/streamrec/streamrec/infra/local/fault"
	"github.com/streamrec/streamrec/scripts/process"
)

// errPassedOver is why a fault does not happen.
var errPassedOver = errors.New("passed over")

func passOver(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errPassedOver, fmt.Sprintf(format, args...))
}

// heal ends a fault; nil when there is nothing to end.
type heal func(context.Context) error

// act lets a fault begin, and says what happens and how it ends.
func (s *soak) act(ctx context.Context, f fault) (what string, end heal, err error) {
	switch f.Kind {
	case kill:
		return s.kill(f)
	case freeze:
		return s.freeze(f)
	case cutOff, lateWrites:
		return s.isolate(ctx, f)
	case slowStore, storeErrors, throttle, streamFails:
		return s.disturb(ctx, f)
	case split:
		return s.reshard(ctx, splitAny(f.Pick))
	case merge:
		return s.reshard(ctx, mergeAny(f.Pick))
	case rolling:
		return "every worker but the first is replaced", s.roll, nil
	case guest:
		return s.invite(ctx, f)
	case replay:
		return s.rewind(ctx)
	}
	return "", nil, fmt.Errorf("unknown fault %q", f.Kind)
}

func (s *soak) kill(f fault) (string, heal, error) {
	m := s.fleet.claim(f.Pick, true)
	if m == nil {
		return "", nil, passOver("nobody is there to kill")
	}
	p, err := m.signal(syscall.SIGKILL)
	return fmt.Sprintf("kill -9 of %s, back in %s", p, f.Lasts), func(context.Context) error {
		defer s.fleet.release(m)
		<-p.Done()
		return s.fleet.start(m)
	}, err
}

func (s *soak) freeze(f fault) (string, heal, error) {
	m := s.fleet.claim(f.Pick, false)
	if m == nil {
		return "", nil, passOver("nobody is there to freeze")
	}
	p, err := m.signal(syscall.SIGSTOP)
	return fmt.Sprintf("%s is frozen for %s", p, f.Lasts), func(context.Context) error {
		defer s.fleet.release(m)
		_, err := m.signal(syscall.SIGCONT)
		return err
	}, err
}

// isolate comes between one worker and a service.
func (s *soak) isolate(ctx context.Context, f fault) (string, heal, error) {
	m := s.fleet.claim(f.Pick, false)
	if m == nil {
		return "", nil, passOver("nobody is there to cut off")
	}
	services := []string{faults.Kinesis, faults.DynamoDB, faults.S3}
	rule := faults.Rule{Match: faults.Match{AccessKey: m.accessKey(), Services: services[f.Way%3 : f.Way%3+1]}, Effect: faults.Cut()}
	if f.Way/3%2 == 1 {
		rule.Effect = faults.Hang()
	}
	what := fmt.Sprintf("%s cannot reach %s for %s (%s)", m.name, rule.Services[0], f.Lasts, rule.Effect.Kind)
	if f.Kind == lateWrites {
		rule.Match = faults.Match{AccessKey: m.accessKey(), Operations: []string{"PutObject"}}
		rule.Effect = faults.Late(f.Lasts)
		what = fmt.Sprintf("what %s puts into S3 takes effect after %s", m.name, f.Lasts)
	}
	end, err := s.impose(ctx, rule)
	return what, func(ctx context.Context) error {
		defer s.fleet.release(m)
		return end(ctx)
	}, err
}

// impose puts rules in force.
func (s *soak) impose(ctx context.Context, rules ...faults.Rule) (heal, error) {
	var ids []int
	var errs []error
	for _, r := range rules {
		id, err := s.stack.faults.Add(ctx, r)
		if errs = append(errs, err); err == nil {
			ids = append(ids, id)
		}
	}
	return func(ctx context.Context) (err error) {
		for _, id := range ids {
			err = errors.Join(err, s.stack.faults.Remove(ctx, id))
		}
		return err
	}, errors.Join(errs...)
}

// roll replaces one worker after the other: each leaves, and comes back.
func (s *soak) roll(ctx context.Context) error {
	for _, m := range s.fleet.all() {
		if !s.fleet.claimThis(m) {
			continue
		}
		err := s.fleet.leave(ctx, m)
		if err == nil {
			err = s.fleet.start(m)
		}
		s.fleet.release(m)
		if err != nil {
			return err
		}
	}
	return nil
}

// invite lets a worker join, who leaves again.
func (s *soak) invite(ctx context.Context, f fault) (string, heal, error) {
	m, err := s.fleet.found(ctx, "guest"+strconv.Itoa(f.Number), false)
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("%s joins for %s", m.name, f.Lasts), func(ctx context.Context) error {
		m.dismiss()
		return s.fleet.leave(ctx, m)
	}, nil
}

// rewind resets the fleet to the beginning of the hour, unless that is too much to read again, or the last replay has not come to its end.
func (s *soak) rewind(ctx context.Context) (string, heal, error) {
	hour := time.Now().UTC().Truncate(time.Hour)
	again := s.producer.acknowledged() - s.ackedAt(hour)
	if again > s.replayMost {
		return "", nil, passOver("%d records would be read again, since %s", again, hour.Format("15:04"))
	}
	if r := s.look().Replay; r != nil && r.State != "published" {
		return "", nil, passOver("replay %d is %s", r.Plan, r.State)
	}
	p, err := s.stack.start("reset", "operator", nil, nil, slices.Concat([]string{"reset"}, deployment(), []string{
		"--to-timestamp", hour.Format(time.RFC3339), "--failover-time", s.failover.String(), "--reason", "soak", "--operator", "soak", "--execute", "--detach",
	})...)
	if err != nil {
		return "", nil, err
	}
	s.replays.Add(1)
	return fmt.Sprintf("%d records are read again, since %s", again, hour.Format("15:04")), func(ctx context.Context) error { return s.awaitReset(ctx, p) }, nil
}

// awaitReset waits until the plan is made. An operator who is refused, or whose services fail, tries again later, here in vain.
func (s *soak) awaitReset(ctx context.Context, p *process.Process) error {
	limited, cancel := context.WithTimeoutCause(ctx, 5*time.Minute, errors.New("the plan was to be made"))
	defer cancel()
	code, err := p.Wait(limited)
	if err != nil {
		_, killed := p.Kill()
		return errors.Join(err, killed)
	}
	if code != 0 {
		s.replays.Add(-1)
		last := p.Err.Lines()
		s.say("reset ended with exit code %d: %s", code, strings.Join(last[max(0, len(last)-1):], ""))
	}
	return nil
}
