package worker

import (
	"strings"
	"sync"
)

// registry holds the shards of this worker by shard id. A shard is granted until the KCL claims it or it is withdrawn, and stays
// until its consumer has ended: a lease that is won again meanwhile has to wait.
type registry struct {
	mu      sync.Mutex
	current map[string]*shard // granted or claimed
	claimed map[*shard]bool
	waiting map[string]*shard // granted while an older term of the shard is still ending
	closed  bool
	bell    chan struct{} // rings when something has changed; nil: nobody listens
}

// ring wakes whoever waits for the bell.
func (r *registry) ring() {
	select {
	case r.bell <- struct{}{}:
	default:
	}
}

// granted reports whether there is something to claim, or whether nothing may be claimed any more.
func (r *registry) granted() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.current {
		if !r.claimed[s] {
			return true
		}
	}
	return r.closed
}

// add registers a granted shard.
func (r *registry) add(s *shard) {
	defer r.ring()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.current == nil {
		r.current, r.claimed, r.waiting = map[string]*shard{}, map[*shard]bool{}, map[string]*shard{}
	}
	key := s.term.Key()
	if r.current[key] == nil {
		r.current[key] = s
	} else {
		r.waiting[key] = s
	}
}

// visible returns the ids that the KCL may know of: those it runs and those it may claim.
func (r *registry) visible() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	ids := make([]string, 0, len(r.current))
	for id := range r.current {
		ids = append(ids, id)
	}
	return ids
}

// claim gives a granted shard to the consumer that the KCL is about to start.
func (r *registry) claim(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.current[id]
	if s == nil || r.claimed[s] || r.closed {
		return false
	}
	r.claimed[s] = true
	return true
}

// begin reports whether it is this shard's turn to be consumed, and takes note that it is.
func (r *registry) begin(s *shard) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.current[s.term.Key()] != s {
		return false
	}
	r.claimed[s] = true
	return true
}

// running returns the shard of which a consumer runs, or nil.
func (r *registry) running(id string) *shard {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.current[id]; r.claimed[s] {
		return s
	}
	return nil
}

// byToken returns the running shard whose term the token names, or nil.
func (r *registry) byToken(token string) *shard {
	id, _, _ := strings.Cut(token, "#")
	if s := r.running(id); s != nil && s.token() == token {
		return s
	}
	return nil
}

// find returns the shard in whatever state, or nil.
func (r *registry) find(id string) *shard {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.current[id]
}

// withdraw takes a granted shard away from the KCL. It reports false when a consumer has it already, which then ends by itself, or
// has ended: who asks may come late.
func (r *registry) withdraw(s *shard) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := s.term.Key()
	if r.claimed[s] || r.current[key] != s && r.waiting[key] != s {
		return false
	}
	r.claimed[s] = true
	return true
}

// remove forgets a shard that has been finished.
func (r *registry) remove(s *shard) {
	defer r.ring()
	r.mu.Lock()
	defer r.mu.Unlock()
	key := s.term.Key()
	delete(r.claimed, s)
	switch s {
	case r.waiting[key]:
		delete(r.waiting, key)
	case r.current[key]:
		delete(r.current, key)
		if next := r.waiting[key]; next != nil {
			r.current[key] = next
			delete(r.waiting, key)
		}
	}
}

// close refuses every claim from now on.
func (r *registry) close() {
	defer r.ring()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
}

func (r *registry) all() []*shard {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]*shard, 0, len(r.current))
	for _, s := range r.current {
		out = append(out, s)
	}
	return out
}
