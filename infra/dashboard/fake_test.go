package dashboard

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
)

// fakeSource makes a fleet that is another one each time.
type fakeSource struct {
	looks  atomic.Int64
	fail   atomic.Bool
	shards int
	width  int // bytes of the reason in each row
}

func (f *fakeSource) Look(context.Context) (*Fleet, error) {
	n := f.looks.Add(1)
	if f.fail.Load() {
		return nil, errors.New("the table is on fire")
	}
	fleet := &Fleet{At: n, Head: Head{App: "shop"}}
	for i := range max(1, f.shards) {
		fleet.Shards = append(fleet.Shards, Shard{ID: string(rune('a' + i%26)), State: "owned", Owner: "w", Counter: n, Stopped: string(make([]byte, f.width))})
	}
	return fleet, nil
}

func quiet() logrus.FieldLogger {
	log := logrus.New()
	log.SetOutput(io.Discard)
	return log
}

// client is a ResponseWriter whose reader can be slow.
type client struct {
	http.ResponseWriter
	header   http.Header
	messages chan string
	mu       sync.Mutex
	slow     chan struct{} // nil, or what a write waits for
}

func newClient() *client { return &client{header: http.Header{}, messages: make(chan string, 1000)} }

func (c *client) Header() http.Header { return c.header }
func (c *client) WriteHeader(int)     {}
func (c *client) Flush()              {}

func (c *client) Write(p []byte) (int, error) {
	c.mu.Lock()
	slow := c.slow
	c.mu.Unlock()
	if slow != nil {
		<-slow
	}
	c.messages <- string(p)
	return len(p), nil
}

func (c *client) pause() (resume func()) {
	slow := make(chan struct{})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slow = slow
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.slow = nil
		close(slow)
	}
}

// open has a client at the stream until leave is called, which returns when the handler has.
func open(t *testing.T, d *Dashboard, c http.ResponseWriter) (leave func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1/dashboard/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.ServeHTTP(c, r)
	}()
	return func() {
		cancel()
		<-done
	}
}

const second = time.Second
