package dashboard

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// received decodes what a client has got so far.
func received(t *testing.T, c *client) (messages []message) {
	t.Helper()
	for {
		select {
		case text := <-c.messages:
			data, ok := strings.CutPrefix(text, "data: ")
			if !ok {
				continue // retry
			}
			var m message
			if err := json.Unmarshal([]byte(data), &m); err != nil {
				t.Fatal(err)
			}
			messages = append(messages, m)
		default:
			return messages
		}
	}
}

func TestNothingIsReadWhileNobodyWatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &fakeSource{}
		d := New(t.Context(), source, Options{Log: quiet()})
		time.Sleep(time.Minute)
		if n := source.looks.Load(); n != 0 {
			t.Fatalf("%d looks before anybody came", n)
		}
		a, b := newClient(), newClient()
		leaveA, leaveB := open(t, d, a), open(t, d, b)
		time.Sleep(10*second + second/2)
		if n := source.looks.Load(); n != 11 {
			t.Errorf("%d looks in ten seconds for two watchers, want one a second", n)
		}
		leaveA()
		leaveB()
		synctest.Wait()
		before := source.looks.Load()
		time.Sleep(time.Minute)
		if n := source.looks.Load(); n != before {
			t.Errorf("%d looks after everybody had gone", n-before)
		}
		if m := received(t, a); len(m) != 11 || m[0].Base != 0 || m[1].Base != m[0].Version {
			t.Errorf("a watcher got %d messages", len(m))
		}
	}) // fails when a goroutine is left
}

func TestSlowWatcherSkipsEditions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := New(t.Context(), &fakeSource{}, Options{Log: quiet()})
		c := newClient()
		leave := open(t, d, c)
		defer leave()
		time.Sleep(3*second + second/2)
		resume := c.pause()
		time.Sleep(20 * second)
		resume()
		synctest.Wait()
		messages := received(t, c)
		last := messages[len(messages)-1]
		if len(messages) > 8 {
			t.Errorf("%d messages were kept for a watcher that took none for 20 s", len(messages))
		}
		if last.Base != 0 || last.Version < 20 {
			t.Errorf("the first message after it is version %d of base %d, want all of the newest", last.Version, last.Base)
		}
	})
}

func TestStreamsEndWithTheDashboard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		life, end := context.WithCancel(t.Context())
		d := New(life, &fakeSource{}, Options{Log: quiet()})
		leave := open(t, d, newClient())
		time.Sleep(second)
		end()
		synctest.Wait()
		if d.hub.watchers != 0 {
			t.Error("a stream outlives the dashboard")
		}
		leave()
	})
}

func TestTooManyWatchersAreTurnedAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := New(t.Context(), &fakeSource{}, Options{Log: quiet(), Watchers: 2})
		leaveA, leaveB := open(t, d, newClient()), open(t, d, newClient())
		synctest.Wait()
		w := httptest.NewRecorder()
		d.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://127.0.0.1/dashboard/stream", nil))
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
			t.Errorf("the third watcher gets %d", w.Code)
		}
		leaveA()
		defer open(t, d, newClient())()
		synctest.Wait()
		if d.hub.watchers != 2 {
			t.Errorf("%d watch after one has gone and one has come", d.hub.watchers)
		}
		leaveB()
	})
}

func TestFailedLookKeepsTheLastFleet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &fakeSource{}
		source.fail.Store(true)
		d := New(t.Context(), source, Options{Log: quiet()})
		c := newClient()
		defer open(t, d, c)()
		time.Sleep(second / 2)
		source.fail.Store(false)
		time.Sleep(second)
		source.fail.Store(true)
		time.Sleep(second)
		m := received(t, c)
		if len(m) != 3 || !strings.Contains(string(m[0].Head), "on fire") || len(m[0].Shards) != 0 {
			t.Fatalf("%d messages: %+v", len(m), m)
		}
		if len(m[1].Shards) != 1 || len(m[1].Events) != 0 || strings.Contains(string(m[1].Head), "on fire") {
			t.Errorf("the first fleet: %+v: it is no news that it is there", m[1])
		}
		if len(m[2].GoneShards) != 0 || !strings.Contains(string(m[2].Head), "on fire") {
			t.Errorf("after a failure: %+v", m[2])
		}
	})
}

func TestEventsSayWhenNobodyWatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := New(t.Context(), &fakeSource{}, Options{Log: quiet()})
		leave := open(t, d, newClient())
		time.Sleep(second + second/2)
		leave()
		time.Sleep(time.Hour)
		c := newClient()
		defer open(t, d, c)()
		synctest.Wait()
		m := received(t, c)
		if len(m) != 1 {
			t.Fatalf("%d messages: a look of an hour ago is not shown", len(m))
		}
		events := m[0].Events
		if last := events[len(events)-1]; last.After == 0 {
			t.Errorf("event %+v does not say that nobody had watched for an hour", last)
		}
		if events[0].After != 0 {
			t.Errorf("event %+v was watched", events[0])
		}
	})
}

// TestWatcherThatTakesNothingIsCutOff has a client that opens the stream over TCP and never reads.
func TestWatcherThatTakesNothingIsCutOff(t *testing.T) {
	d := New(t.Context(), &fakeSource{shards: 26, width: 20_000}, Options{Log: quiet(), Every: 10 * time.Millisecond, Patience: 100 * time.Millisecond})
	ended := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(ended)
		d.ServeHTTP(w, r)
	}))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write([]byte("GET /dashboard/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReaderSize(conn, 16).ReadString('\n'); err != nil || !strings.Contains(line, "200") {
		t.Fatalf("%q, %v", line, err)
	}
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Fatal("the stream of a client that does not read goes on")
	}
}

func TestPollingIsServedFromTheNewestLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &fakeSource{}
		d := New(t.Context(), source, Options{Log: quiet()})
		get := func() message {
			w := httptest.NewRecorder()
			d.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://127.0.0.1/dashboard/fleet", nil))
			var m message
			if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil || w.Code != http.StatusOK {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			return m
		}
		a, b := get(), get()
		time.Sleep(2 * second)
		c := get()
		if a.Version != b.Version || c.Version != a.Version+1 || source.looks.Load() != 2 || c.Base != 0 {
			t.Errorf("versions %d, %d, %d with %d looks", a.Version, b.Version, c.Version, source.looks.Load())
		}
	})
}
