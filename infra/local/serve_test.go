package local_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"

	"github.com/streamrec/streamrec/infra/local"
	"github.com/streamrec/streamrec/infra/local/fault"
	"github.com/streamrec/streamrec/infra/transport"
)

// serve runs a Local on a port of its own. stop ends it and returns what Serve returned.
func serve(t *testing.T, l *local.Local) (url string, stop func() error) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- l.Serve(ctx, listener) }()
	stop = func() error {
		cancel()
		err := <-ended
		ended <- err
		return err
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return "http://" + listener.Addr().String(), stop
}

// protocol is an HTTP client that speaks one protocol only.
func protocol(t *testing.T, h2 bool) *http.Client {
	t.Helper()
	p := &http.Protocols{}
	p.SetHTTP1(!h2)
	p.SetUnencryptedHTTP2(h2)
	transport := &http.Transport{Protocols: p}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestServeSpeaksBothProtocols(t *testing.T) {
	for name, h2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
		t.Run(name, func(t *testing.T) {
			l := open(t, local.Options{Buckets: []string{"events"}, Credentials: keys})
			url, _ := serve(t, l)
			response, err := protocol(t, h2).Get(url + "/_health")
			if err != nil {
				t.Fatal(err)
			}
			if err := response.Body.Close(); err != nil || response.Proto != name {
				t.Errorf("got %s, %v", response.Proto, err)
			}
			config := l.Config("worker-1")
			config.HTTPClient, config.BaseEndpoint = transport.WholeBody{Next: protocol(t, h2)}, aws.String(url)
			c := clients(t, config)
			c.fill()
			c.check()
		})
	}
}

func TestServeLetsRequestsFinish(t *testing.T) {
	l := open(t, local.Options{Buckets: []string{"events"}, StopGrace: time.Minute})
	gate := l.Faults().Add(fault.Rule{Match: fault.Match{Operations: []string{"PutObject"}}, Effect: fault.Delay(time.Hour)})
	url, stop := serve(t, l)
	type result struct {
		status int
		err    error
	}
	done := make(chan result, 1)
	go func() {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url+"/events/k", strings.NewReader("x"))
		if err != nil {
			done <- result{0, err}
			return
		}
		response, err := protocol(t, false).Do(r)
		if err != nil {
			done <- result{0, err}
			return
		}
		done <- result{response.StatusCode, response.Body.Close()}
	}()
	until(t, func() bool { return gate.Hits() == 1 })
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	until(t, func() bool {
		response, err := protocol(t, false).Get(url + "/_health")
		if err == nil {
			_ = response.Body.Close()
		}
		return err != nil
	})
	gate.Remove()
	if got := <-done; got.status != 200 || got.err != nil {
		t.Errorf("the request under way: %d, %v", got.status, got.err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

// until polls a condition that another goroutine or the network brings about.
func until(t *testing.T, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	limit := time.NewTimer(20 * time.Second)
	defer limit.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-limit.C:
			t.Fatal("gave up waiting")
		}
	}
}

func TestServeCutsWhatDoesNotEnd(t *testing.T) {
	for name, h2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			l := open(t, local.Options{StopGrace: 10 * time.Millisecond})
			hang := l.Faults().Add(fault.Rule{Effect: fault.Hang()})
			url, stop := serve(t, l)
			failed := make(chan error, 1)
			client := protocol(t, h2)
			go func() {
				response, err := client.Get(url + "/bucket")
				if err == nil {
					_, err = io.Copy(io.Discard, response.Body)
					_ = response.Body.Close()
				}
				failed <- err
			}()
			until(t, func() bool { return hang.Hits() == 1 })
			if err := stop(); err != nil {
				t.Error(err)
			}
			if err := <-failed; err == nil {
				t.Error("the hanging request was answered")
			}
		})
	}
}

func TestServeReportsABrokenListener(t *testing.T) {
	l := open(t, local.Options{})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if err := l.Serve(t.Context(), listener); err == nil {
		t.Error("no error")
	}
}

// TestScriptedCutsAreNotLogged: a cut connection is what the test asked for, not a panic to report.
func TestScriptedCutsAreNotLogged(t *testing.T) {
	logger, hook := logtest.NewNullLogger()
	l := open(t, local.Options{Logger: logger})
	url, stop := serve(t, l)
	cut := l.Faults().Add(fault.Rule{Match: fault.Match{Operations: []string{"ListBuckets"}}, Effect: fault.Cut()})
	client := protocol(t, true) // net/http repeats a GET over HTTP/1.1 by itself
	if response, err := client.Get(url + "/"); err == nil {
		_ = response.Body.Close()
		t.Error("the connection was not cut")
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if cut.Hits() != 1 || len(hook.AllEntries()) != 0 {
		t.Errorf("%d hits, logged %v", cut.Hits(), hook.AllEntries())
	}
}

// flaky is a listener that fails once in the way that net/http logs and retries.
type flaky struct {
	net.Listener
	failed bool
}

func (f *flaky) Accept() (net.Conn, error) {
	if !f.failed {
		f.failed = true
		return nil, &net.OpError{Op: "accept", Err: temporary{errors.New("too many open files")}}
	}
	return f.Listener.Accept()
}

type temporary struct{ error }

func (temporary) Temporary() bool { return true }

func TestServerComplaintsGoToTheLogger(t *testing.T) {
	logger, hook := logtest.NewNullLogger()
	l := open(t, local.Options{Logger: logger})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Serve(ctx, &flaky{Listener: listener}) }()
	until(t, func() bool { return len(hook.AllEntries()) > 0 })
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if entry := hook.LastEntry(); entry.Level != logrus.WarnLevel || !strings.Contains(entry.Data["error"].(string), "too many open files") {
		t.Errorf("got %v", entry)
	}
}
