package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
)

// Fault is a rule of the stack's fault control: what happens to the calls of one client. Empty fields select everything.
type Fault struct {
	Services   []string `json:"services,omitempty"`   // kinesis, dynamodb, s3
	Operations []string `json:"operations,omitempty"` // PutObject and the like
	AccessKey  string   `json:"accessKey"`
	Prefix     string   `json:"prefix,omitempty"` // of the object's key
	Every      int      `json:"every,omitempty"`  // of the calls; 0 means each
	Effect     string   `json:"effect"`           // cut, hang, late, lose-answer, error, throttle, delay, truncate
	Wait       string   `json:"wait,omitempty"`   // of late and delay, such as 5s
	Code       string   `json:"code,omitempty"`   // of error
	Bytes      int64    `json:"bytes,omitempty"`  // of truncate: what is left of the answer's body
}

// Break puts a rule in force and returns its number.
func (s *Stack) Break(ctx context.Context, f Fault) (rule int) {
	s.t.Helper()
	body, err := json.Marshal(f)
	if err != nil {
		s.t.Fatalf("encode fault: %v", err)
	}
	var status ruleStatus
	s.faults(ctx, http.MethodPost, "", body, &status)
	return status.ID
}

// Heal takes rules out of force.
func (s *Stack) Heal(ctx context.Context, rules ...int) {
	s.t.Helper()
	for _, rule := range rules {
		s.faults(ctx, http.MethodDelete, "/"+strconv.Itoa(rule), nil, nil)
	}
}

// AwaitHits waits until a rule has happened to somebody.
func (s *Stack) AwaitHits(ctx context.Context, rule int) {
	s.t.Helper()
	Until(ctx, s.t, "the fault shows", func() (bool, string) {
		var rules []ruleStatus
		s.faults(ctx, http.MethodGet, "", nil, &rules)
		for _, r := range rules {
			if r.ID == rule && r.Hits > 0 {
				return true, ""
			}
		}
		return false, "no hits"
	})
}

// ruleStatus is what the fault control says of a rule.
type ruleStatus struct{ ID, Calls, Hits int }

func (s *Stack) faults(ctx context.Context, method, path string, body []byte, answer any) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(ctx, method, s.Endpoint+"/_faults"+path, bytes.NewReader(body))
	if err != nil {
		s.t.Fatalf("make request: %v", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatalf("call fault control: %v", err)
	}
	defer func() { _ = response.Body.Close() }() // it has been read, or the test fails
	if response.StatusCode/100 != 2 {
		s.t.Fatalf("the fault control answers %s to %s", response.Status, body)
	}
	if answer == nil {
		return
	}
	if err := json.NewDecoder(response.Body).Decode(answer); err != nil {
		s.t.Fatalf("decode answer of the fault control: %v", err)
	}
}
