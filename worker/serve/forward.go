package serve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// hopHeader names the worker that a forwarded question is meant for. Whoever gets one does not forward it.
const hopHeader = "Streamrec-Hop"

const (
	forwardTimeout = 500 * time.Millisecond // of a question; recommending takes a fraction of a millisecond
	patience       = 3                      // timeouts in a row after which an address is left alone; a refused connection is enough by itself
	downFor        = time.Second            // for which it is
	maxAnswer      = 4 << 20
)

// errUnreachable says that a worker did not answer as the owner.
var errUnreachable = errors.New("the owner cannot be reached")

// forwarder asks other workers.
type forwarder struct {
	client *http.Client

	mu    sync.Mutex
	down  map[string]time.Time // until when an address is left alone
	tired map[string]int       // timeouts in a row, by address
}

func newForwarder() *forwarder {
	dialer := net.Dialer{Timeout: forwardTimeout}
	return &forwarder{down: map[string]time.Time{}, tired: map[string]int{}, client: &http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext, MaxIdleConnsPerHost: 128, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: 16 << 10,
			ResponseHeaderTimeout: forwardTimeout, DisableCompression: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// ask forwards a question and returns the body of a worker's answer as the owner. The error wraps errUnreachable when there is none, and is a
// *problem when the owner refuses.
func (f *forwarder) ask(ctx context.Context, address, worker, uri string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, forwardTimeout)
	defer cancel()
	response, err := f.open(ctx, address, worker, uri)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err == nil && len(body) > maxAnswer {
		err = fmt.Errorf("more than %d bytes", maxAnswer)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: read answer: %w", errUnreachable, err)
	}
	return bytes.TrimSpace(body), nil
}

// open sends a question and returns the response of a worker that answers as the owner.
func (f *forwarder) open(ctx context.Context, address, worker, uri string) (*http.Response, error) {
	if address == "" || f.isDown(address) {
		return nil, errUnreachable
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+uri, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnreachable, err)
	}
	request.Header.Set(hopHeader, worker)
	response, err := f.client.Do(request)
	if err != nil {
		if !errors.Is(context.Cause(ctx), context.Canceled) { // not because the client has gone
			f.failed(address, err)
		}
		return nil, fmt.Errorf("%w: %w", errUnreachable, err)
	}
	f.answered(address)
	if response.StatusCode != http.StatusOK {
		_ = response.Body.Close()
		return nil, fmt.Errorf("%w: it says %s", errUnreachable, response.Status)
	}
	return response, nil
}

func (f *forwarder) isDown(address string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	until, ok := f.down[address]
	if ok && time.Now().After(until) {
		delete(f.down, address)
		return false
	}
	return ok
}

// failed takes note of an address that did not answer. A worker that is busy may be late once; one that has gone refuses, one that hangs is
// late again and again.
func (f *forwarder) failed(address string, err error) {
	timeout, ok := errors.AsType[net.Error](err)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.tired[address]++; f.tired[address] >= patience || !ok || !timeout.Timeout() {
		f.down[address] = time.Now().Add(downFor)
	}
}

func (f *forwarder) answered(address string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.tired, address)
}
