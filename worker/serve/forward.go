package serve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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
	client      *http.Client // of streams
	connections *connections // of questions

	mu    sync.Mutex
	down  map[string]time.Time // until when an address is left alone
	tired map[string]int       // timeouts in a row, by address
}

func newForwarder() *forwarder {
	dialer := net.Dialer{Timeout: forwardTimeout}
	return &forwarder{down: map[string]time.Time{}, tired: map[string]int{}, connections: newConnections(), client: &http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext, IdleConnTimeout: keptFor, MaxResponseHeaderBytes: maxHeader,
			ResponseHeaderTimeout: forwardTimeout, DisableCompression: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// ask forwards a question and returns the body of a worker's answer as the owner. The error wraps errUnreachable when there is none, and is a
// *problem when the owner refuses.
func (f *forwarder) ask(ctx context.Context, address, worker, uri string) ([]byte, error) {
	request, err := f.request(ctx, address, worker, uri)
	if err != nil {
		return nil, err
	}
	response, body, err := f.connections.exchange(address, request, time.Now().Add(forwardTimeout))
	if err := f.judge(ctx, address, response, err); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(body), nil
}

// open sends a question and returns the response of a worker that answers as the owner, with its body still to be read.
func (f *forwarder) open(ctx context.Context, address, worker, uri string) (*http.Response, error) {
	request, err := f.request(ctx, address, worker, uri)
	if err != nil {
		return nil, err
	}
	response, err := f.client.Do(request)
	if err := f.judge(ctx, address, response, err); err != nil {
		if response != nil {
			_ = response.Body.Close()
		}
		return nil, err
	}
	return response, nil
}

// request is a question to a worker that may be reached.
func (f *forwarder) request(ctx context.Context, address, worker, uri string) (*http.Request, error) {
	if address == "" || f.isDown(address) {
		return nil, errUnreachable
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+uri, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnreachable, err)
	}
	request.Header.Set(hopHeader, worker)
	return request, nil
}

// judge takes note of whether an address has answered, and returns why that is no answer of an owner, or nil.
func (f *forwarder) judge(ctx context.Context, address string, response *http.Response, err error) error {
	switch {
	case err == nil:
		f.answered(address)
	case !errors.Is(context.Cause(ctx), context.Canceled): // not because the client has gone
		f.failed(address, err)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errUnreachable, err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: it says %s", errUnreachable, response.Status)
	}
	return nil
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
