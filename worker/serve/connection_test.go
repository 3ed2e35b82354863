package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// office is a server that counts the connections to it.
type office struct {
	*httptest.Server
	accepted atomic.Int64
}

func newOffice(t testing.TB, h http.HandlerFunc) *office {
	t.Helper()
	o := &office{Server: httptest.NewUnstartedServer(h)}
	o.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			o.accepted.Add(1)
		}
	}
	o.Start()
	t.Cleanup(o.Close)
	return o
}

func (o *office) address() string { return o.Listener.Addr().String() }

// echo answers with the question, in one piece or in chunks.
func echo(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Has("chunks") {
		w.(http.Flusher).Flush()
	}
	_, _ = io.WriteString(w, strings.Repeat(r.URL.RawQuery+r.Header.Get(hopHeader), 100))
}

func TestOneConnectionTakesAllQuestionsInTurn(t *testing.T) {
	o, f := newOffice(t, echo), newForwarder()
	for n := range 20 {
		for _, query := range []string{fmt.Sprint("q=", n), fmt.Sprint("chunks&q=", n)} {
			body, err := f.ask(t.Context(), o.address(), "w", "/?"+query)
			if err != nil || string(body) != strings.Repeat(query+"w", 100) {
				t.Fatalf("%s: %q, %v", query, body, err)
			}
		}
	}
	if n := o.accepted.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// TestConnectionsThatWereClosedMeanwhileDoNotCount: the question goes over a new one, and nobody is held for gone.
func TestConnectionsThatWereClosedMeanwhileDoNotCount(t *testing.T) {
	o, f := newOffice(t, echo), newForwarder()
	for n := range 3 {
		if _, err := f.ask(t.Context(), o.address(), "w", "/?a"); err != nil {
			t.Fatalf("question %d: %v", n, err)
		}
		o.CloseClientConnections()
	}
	if n := o.accepted.Load(); n != 3 {
		t.Errorf("%d connections", n)
	}
	f.connections.idle[o.address()] = nil
	o.Close()
	if _, err := f.ask(t.Context(), o.address(), "w", "/?a"); !errors.Is(err, errUnreachable) || !f.isDown(o.address()) {
		t.Errorf("closed: %v, down: %v", err, f.isDown(o.address()))
	}
}

// TestAnswersThatAreNone: they are too long, too late, or of a worker that is not the owner. Only what a worker has answered in time and in full leaves a
// connection for the next question.
func TestAnswersThatAreNone(t *testing.T) {
	over := make(chan struct{})
	defer close(over)
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		kept    int
	}{
		"too long": {func(w http.ResponseWriter, _ *http.Request) {
			for range maxAnswer/1024 + 1 {
				_, _ = w.Write(make([]byte, 1024))
			}
		}, 0},
		"header": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X", strings.Repeat("x", maxAnswer+maxHeader))
		}, 0},
		"cut":       {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0},
		"not owner": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusMisdirectedRequest) }, 1},
		"late": {func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-over:
			case <-r.Context().Done(): // the other end has given up
			}
		}, 0},
	} {
		o, f := newOffice(t, c.handler), newForwarder()
		_, err := f.ask(t.Context(), o.address(), "w", "/")
		if kept := len(f.connections.idle[o.address()]); !errors.Is(err, errUnreachable) || kept != c.kept {
			t.Errorf("%s: %v, and %d connections are kept", name, err, kept)
		}
	}
}

// TestAWorkerThatSaysCloseIsTakenAtItsWord: its connection is not used again.
func TestAWorkerThatSaysCloseIsTakenAtItsWord(t *testing.T) {
	o, f := newOffice(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		echo(w, r)
	}), newForwarder()
	for range 2 {
		if _, err := f.ask(t.Context(), o.address(), "w", "/?a"); err != nil {
			t.Fatal(err)
		}
	}
	if n, kept := o.accepted.Load(), len(f.connections.idle[o.address()]); n != 2 || kept != 0 {
		t.Errorf("%d connections, %d kept", n, kept)
	}
}

// TestOldConnectionsAreClosed: also those to workers that have gone, when another one is asked.
func TestOldConnectionsAreClosed(t *testing.T) {
	gone, o, f := newOffice(t, echo), newOffice(t, echo), newForwarder()
	ask := func(to *office) {
		if _, err := f.ask(t.Context(), to.address(), "w", "/?a"); err != nil {
			t.Fatal(err)
		}
	}
	ask(gone)
	ask(o)
	for _, all := range f.connections.idle {
		all[0].used = time.Now().Add(-2 * keptFor)
	}
	f.connections.swept = time.Now().Add(-2 * keptFor)
	ask(o)
	if n := o.accepted.Load(); n != 2 || len(f.connections.idle) != 1 || len(f.connections.idle[o.address()]) != 1 {
		t.Errorf("%d connections, kept: %v", n, f.connections.idle)
	}
}

// BenchmarkForward is the CPU time of a question from one worker to another one, on both ends of the connection, beside net/http's client.
func BenchmarkForward(b *testing.B) {
	o, f := newOffice(b, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", 1500)) }), newForwarder()
	ways := map[string]func(context.Context) error{
		"connection": func(ctx context.Context) error {
			_, err := f.ask(ctx, o.address(), "w", "/?session_id=s-1")
			return err
		},
		"net/http": func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, forwardTimeout)
			defer cancel()
			response, err := f.open(ctx, o.address(), "w", "/?session_id=s-1")
			if err != nil {
				return err
			}
			defer response.Body.Close()
			_, err = io.ReadAll(response.Body)
			return err
		},
	}
	for name, ask := range ways {
		b.Run(name, func(b *testing.B) {
			before := usage(b)
			b.ReportAllocs()
			for b.Loop() {
				if err := ask(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((usage(b)-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
		})
	}
}

// usage is the CPU time of the process so far.
func usage(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
