package e2e

import (
	"context"
	"time"

	"github.com/streamrec/streamrec/infra/local/fault"
)

// Fault is a rule of the stack's fault control: what happens to the calls of one client. Empty fields select everything.
type Fault struct {
	Services   []string // kinesis, dynamodb, s3
	Operations []string // PutObject and the like
	AccessKey  string
	Prefix     string // of the object's key
	Every      int    // of the calls; 0 means each
	Effect     string // cut, hang, late, lose-answer, error, throttle, delay, truncate
	Wait       string // of late and delay, such as 5s
	Code       string // of error
	Bytes      int64  // of truncate: what is left of the answer's body
}

// rule is the fault as the fault control knows it.
func (f Fault) rule() (fault.Rule, error) {
	r := fault.Rule{
		Match: fault.Match{Services: f.Services, Operations: f.Operations, AccessKey: f.AccessKey, Prefix: f.Prefix}, When: fault.When{Every: f.Every},
		Effect: fault.Effect{Kind: fault.Kind(f.Effect), Code: f.Code, Bytes: f.Bytes},
	}
	if f.Wait == "" {
		return r, nil
	}
	wait, err := time.ParseDuration(f.Wait)
	r.Wait = fault.Duration(wait)
	return r, err
}

func (s *Stack) remote() fault.Remote { return fault.Remote{Endpoint: s.Endpoint} }

// Break puts a rule in force and returns its number.
func (s *Stack) Break(ctx context.Context, f Fault) (rule int) {
	s.t.Helper()
	r, err := f.rule()
	if err == nil {
		rule, err = s.remote().Add(ctx, r)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return rule
}

// Heal takes rules out of force.
func (s *Stack) Heal(ctx context.Context, rules ...int) {
	s.t.Helper()
	for _, rule := range rules {
		if err := s.remote().Remove(ctx, rule); err != nil {
			s.t.Fatal(err)
		}
	}
}

// AwaitHits waits until a rule has happened to somebody.
func (s *Stack) AwaitHits(ctx context.Context, rule int) {
	s.t.Helper()
	Until(ctx, s.t, "the fault shows", func() (bool, string) {
		rules, err := s.remote().Rules(ctx)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, r := range rules {
			if r.ID == rule && r.Hits > 0 {
				return true, ""
			}
		}
		return false, "no hits"
	})
}
