package dashboard

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Peers asks other workers what they say of themselves. Nobody waits for an answer: it is there at a later look.
type Peers struct {
	client *http.Client
	now    func() time.Time

	mu    sync.Mutex
	known map[string]*peer // by address
}

// Peer says how a worker is asked: under which address, host:port, and with which secret. Both are in its heartbeat row.
type Peer struct{ Address, Secret string }

// peer is a worker's server.
type peer struct {
	asking  bool
	asked   time.Time
	answers []Self
	failed  bool
	wanted  bool
}

// PeerPath is where a worker says something of itself, on the address that its heartbeat row names.
const PeerPath = "/dashboard/self"

const (
	peerTimeout  = time.Second
	peerEvery    = 2 * time.Second
	peerAnswer   = 1 << 20 // bytes; 10,000 shards have less
	peersAskedAt = 16      // a time
)

// NewPeers returns Peers that know nobody.
func NewPeers(now func() time.Time) *Peers {
	return &Peers{
		client: &http.Client{
			Timeout: peerTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: 1, IdleConnTimeout: 30 * time.Second},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		now: now, known: map[string]*peer{},
	}
}

// Answers returns the last answers of these workers, and for each address whether it answered. It asks again those that have not been asked
// lately, and forgets the others.
func (p *Peers) Answers(ctx context.Context, workers []Peer) (answers []Self, reached map[string]bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, known := range p.known {
		known.wanted = false
	}
	asking := p.asking()
	reached = map[string]bool{}
	for _, w := range workers {
		known := p.known[w.Address]
		if known == nil {
			known = &peer{}
			p.known[w.Address] = known
		}
		known.wanted = true
		if !known.asking && p.now().Sub(known.asked) >= peerEvery && asking < peersAskedAt {
			asking++
			known.asking, known.asked = true, p.now()
			go p.ask(context.WithoutCancel(ctx), w, known)
		}
		answers = append(answers, known.answers...)
		if known.answers != nil || known.failed {
			reached[w.Address] = known.answers != nil
		}
	}
	for address, known := range p.known {
		if !known.wanted {
			delete(p.known, address)
		}
	}
	return answers, reached
}

// AskAll asks these workers, some at a time, and waits for them, a few seconds at the most. Those that do not answer are left out.
func (p *Peers) AskAll(ctx context.Context, workers []Peer) (answers []Self) {
	ctx, cancel := context.WithTimeout(ctx, 3*peerTimeout)
	defer cancel()
	heard := make([][]Self, len(workers))
	var asking sync.WaitGroup
	slots := make(chan struct{}, peersAskedAt)
	for i, w := range workers {
		asking.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			heard[i], _ = p.get(ctx, w) // a worker that does not answer is one of which nothing is known
		})
	}
	asking.Wait()
	return slices.Concat(heard...)
}

func (p *Peers) asking() (n int) {
	for _, known := range p.known {
		if known.asking {
			n++
		}
	}
	return n
}

func (p *Peers) ask(ctx context.Context, w Peer, known *peer) {
	answers, err := p.get(ctx, w)
	p.mu.Lock()
	defer p.mu.Unlock()
	known.asking, known.answers, known.failed = false, answers, err != nil
}

func (p *Peers) get(ctx context.Context, w Peer) ([]Self, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+w.Address+PeerPath, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+w.Secret)
	response, err := p.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", w.Address, response.Status)
	}
	var answers []Self
	if err := json.NewDecoder(io.LimitReader(response.Body, peerAnswer)).Decode(&answers); err != nil {
		return nil, err
	}
	return answers, nil
}
