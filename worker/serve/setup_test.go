package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus/hooks/test"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/processor/table"
	"github.com/streamrec/streamrec/worker/lease"
)

const (
	middle = "170141183460469231731687303715884105727" // 2^127 - 1
	after  = "170141183460469231731687303715884105728"
	last   = "340282366920938463463374607431768211455"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// sessionIn returns the n-th session id whose hash key is in a range.
func sessionIn(t *testing.T, from, to string, n int) string {
	t.Helper()
	hashes, err := event.ParseHashRange(from, to)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; ; i++ {
		id := fmt.Sprint("s-", i)
		if !hashes.Contains(event.HashOf(id)) {
			continue
		}
		if n == 0 {
			return id
		}
		n--
	}
}

// town is a fleet of servers that share a lease table. The rows that they have read may be older than the table's.
type town struct {
	t      testing.TB
	merged *model.Merged

	mu      sync.Mutex
	read    []lease.Lease          // what everybody has read
	table   map[string]lease.Lease // what the table says
	reads   int                    // of single rows
	workers []lease.Worker
	ages    map[string]int64
}

func newTown(t testing.TB, rows ...lease.Lease) *town {
	c := &town{t: t, merged: model.NewMerged(model.DefaultParams()), table: map[string]lease.Lease{}, ages: map[string]int64{}}
	c.know(rows...)
	for _, row := range rows {
		c.say(row)
	}
	return c
}

// know is what everybody reads from now on.
func (c *town) know(rows ...lease.Lease) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read = append([]lease.Lease(nil), rows...)
}

// say changes a row of the table.
func (c *town) say(row lease.Lease) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.table[row.Key] = row
}

// Lease implements Table.
func (c *town) Lease(_ context.Context, key string) (lease.Lease, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reads++
	if row, ok := c.table[key]; ok {
		return row, nil
	}
	return lease.Lease{}, lease.ErrAbsent
}

// Latest implements Facts.
func (c *town) Latest() *model.Edition { return c.merged.Latest() }

// Arrival implements Facts.
func (c *town) Arrival(shard string) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ages[shard]
}

// house is one worker of a town. It is its own Fleet.
type house struct {
	*Server
	*town
	id     string
	url    string
	lists  *Live
	hops   int // questions that were forwarded to it
	server *httptest.Server

	state sync.Mutex
	ready error
}

// settle starts a worker.
func (c *town) settle(id string, cfg Config) *house {
	h := &house{town: c, id: id, lists: NewLive()}
	log, _ := test.NewNullLogger()
	h.Server = New(cfg, h.lists, h, c, c, log)
	handler := h.Handler()
	h.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get(hopHeader) != "" {
			h.state.Lock()
			h.hops++
			h.state.Unlock()
		}
		handler.ServeHTTP(w, r)
	}))
	c.t.Cleanup(func() { h.ending.end(); h.server.Close() })
	h.url = h.server.URL
	c.mu.Lock()
	defer c.mu.Unlock()
	c.workers = append(c.workers, lease.Worker{ID: id, Address: strings.TrimPrefix(h.url, "http://")})
	return h
}

// ID implements Fleet.
func (h *house) ID() string { return h.id }

// Leases implements Fleet.
func (h *house) Leases() ([]lease.Lease, time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.read, time.Now()
}

// Workers implements Fleet.
func (h *house) Workers() []lease.Worker {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.workers
}

// Ready implements Fleet.
func (h *house) Ready() error {
	h.state.Lock()
	defer h.state.Unlock()
	return h.ready
}

func (h *house) distrust() {
	h.state.Lock()
	defer h.state.Unlock()
	h.ready = errors.New("no heartbeat was confirmed in time")
}

func (h *house) forwarded() int {
	h.state.Lock()
	defer h.state.Unlock()
	return h.hops
}

// crash closes the worker's address, and then what has come through it.
func (h *house) crash() {
	_ = h.server.Listener.Close() // Close would wait for who comes meanwhile
	h.server.CloseClientConnections()
	h.server.Close()
}

// tenure is a term.
type tenure struct {
	row lease.Lease
	ctx context.Context
}

func (t tenure) Key() string              { return t.row.Key }
func (t tenure) Lease() lease.Lease       { return t.row }
func (t tenure) Context() context.Context { return t.ctx }

// holding is a shard with its model.
type holding struct {
	mu    sync.Mutex
	model *model.Model
	live  *Live
	at    int64
	end   context.CancelCauseFunc
}

// Ask implements asker.
func (s *holding) Ask(q model.Question, why bool) (processor.Answer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return processor.AskModel(s.model, q, why), true
}

// OpenVisits implements asker.
func (s *holding) OpenVisits() (int, bool) { return 0, true }

// hold lets a worker own a shard, and everybody read so.
func (h *house) hold(row lease.Lease) *holding {
	h.t.Helper()
	s := h.open(row)
	h.know(row)
	h.say(row)
	return s
}

// open lets a worker own a shard without a word in the table.
func (h *house) open(row lease.Lease) *holding {
	h.t.Helper()
	return newHolding(h.t, h, row)
}

func newHolding(t testing.TB, h *house, row lease.Lease) *holding {
	t.Helper()
	hashes, err := event.ParseHashRange(row.StartingHashKey, row.EndingHashKey)
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancelCause(t.Context())
	s := &holding{model: model.New(model.DefaultParams()), live: h.lists, end: end}
	h.lists.mu.Lock()
	defer h.lists.mu.Unlock()
	h.lists.shards[row.Key] = &Shard{asker: s, term: tenure{row, ctx}, hashes: hashes}
	return s
}

// act lets a session touch an item.
func (s *holding) act(session, item string) {
	s.mu.Lock()
	s.at++
	s.model.Observe(nil, model.Record{Session: session, ArrivalMs: noon.UnixMilli() + s.at, Items: []model.Interaction{{Item: item}}})
	s.mu.Unlock()
	s.live.Processed("", &table.Row{SessionID: &session})
}

func rowOf(shard, owner string, counter int64, from, to string, parents ...string) lease.Lease {
	return lease.Lease{Key: shard, Owner: owner, Counter: counter, StartingHashKey: from, EndingHashKey: to, Parents: parents}
}

// get asks for a path and decodes a 200.
func get(t *testing.T, url string, change ...func(*http.Request)) (a Answer, status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(r)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode == http.StatusOK {
		if err := json.Unmarshal(text, &a); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
	} else if response.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s: %s is not told as a problem: %s", url, response.Status, text)
	}
	return a, response.StatusCode, string(text)
}

// codes are the products of a list.
func (a Answer) codes() (codes []string) {
	for _, r := range a.Recommendations {
		codes = append(codes, r.ProductCode)
	}
	return codes
}
