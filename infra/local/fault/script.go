package fault

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
)

// Script is a set of rules in force. It is safe for concurrent use. The zero value is not usable; see [New].
type Script struct {
	mu      sync.Mutex
	chance  *rand.Rand
	handles []*Handle
	last    int // id of the newest handle
}

// New returns a Script without rules. The seed decides what rules with a probability take.
func New(seed uint64) *Script {
	return &Script{chance: rand.New(rand.NewPCG(seed, 0))} // repeatable on purpose
}

// Handle is a rule in a Script.
type Handle struct {
	script  *Script
	id      int
	rule    Rule
	calls   int
	hits    int
	removed chan struct{}
}

// Add puts a rule in force, behind those there are. It panics when the rule is invalid, which is a mistake of the test; see
// [Rule.Validate] for rules that come from elsewhere.
func (s *Script) Add(rule Rule) *Handle {
	if err := rule.Validate(); err != nil {
		panic(fmt.Sprintf("fault: invalid rule: %v", err))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	h := &Handle{script: s, id: s.last, rule: rule, removed: make(chan struct{})}
	s.handles = append(s.handles, h)
	return h
}

// CutOff partitions a client from services, or from all when none is named: its connections are cut until the handle is removed.
func (s *Script) CutOff(accessKey string, services ...string) *Handle {
	return s.Add(Rule{Match: Match{AccessKey: accessKey, Services: services}, Effect: Cut()})
}

// Clear removes every rule.
func (s *Script) Clear() {
	for _, h := range s.list() {
		h.Remove()
	}
}

// Remove takes the rule out of force and ends the waiting that it causes. Removing it again does nothing.
func (h *Handle) Remove() {
	h.script.mu.Lock()
	defer h.script.mu.Unlock()
	i := slices.Index(h.script.handles, h)
	if i < 0 {
		return
	}
	h.script.handles = slices.Delete(h.script.handles, i, i+1)
	close(h.removed)
}

// Hits is how many calls the rule has taken.
func (h *Handle) Hits() int {
	h.script.mu.Lock()
	defer h.script.mu.Unlock()
	return h.hits
}

// Calls is how many calls the rule has matched, taken or not.
func (h *Handle) Calls() int {
	h.script.mu.Lock()
	defer h.script.mu.Unlock()
	return h.calls
}

// ID is the rule's number in the HTTP interface.
func (h *Handle) ID() int { return h.id }

func (s *Script) list() []*Handle {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.handles)
}

// needsBody reports whether deciding on a JSON call takes its body.
func (s *Script) needsBody() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.handles, func(h *Handle) bool { return h.rule.needsBody() })
}

// decide returns the rules that take a call: any number of delays, then at most one other effect.
func (s *Script) decide(call Call) []*Handle {
	s.mu.Lock()
	defer s.mu.Unlock()
	var taken []*Handle
	for _, h := range s.handles {
		if !h.rule.selects(call) || !h.take(s.chance) {
			continue
		}
		taken = append(taken, h)
		if h.rule.Kind != KindDelay {
			break
		}
	}
	return taken
}

// take counts a matching call and reports whether the rule takes it.
func (h *Handle) take(chance *rand.Rand) bool {
	when := h.rule.When
	h.calls++
	number := h.calls - when.After - 1 // of the calls behind the first After, from 0
	switch {
	case number < 0, number%max(1, when.Every) != 0, when.Times > 0 && h.hits >= when.Times:
		return false
	case when.Probability > 0 && chance.Float64() >= when.Probability:
		return false
	}
	h.hits++
	return true
}

// Wrap puts the script in front of a handler.
func (s *Script) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		call := CallOf(r)
		if s.needsBody() {
			call.read(r)
		}
		for _, h := range s.decide(call) {
			if h.rule.Kind != KindDelay {
				h.apply(w, r, call, next)
				return
			}
			if !h.wait(r.Context()) {
				panic(http.ErrAbortHandler)
			}
		}
		next.ServeHTTP(w, r)
	})
}
