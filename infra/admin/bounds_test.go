package admin

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// slowly sends the head of a request with one byte of its body, and returns the status of the answer, after which the connection has to end.
func slowly(t *testing.T, url, path string) int {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 500\r\n\r\n{", path); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	response, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Errorf("%s: no answer: %v", path, err)
		return 0
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		t.Errorf("%s: %v", path, err)
	}
	if _, err := in.ReadByte(); err != io.EOF {
		t.Errorf("%s: the connection stays open: %v", path, err)
	}
	return response.StatusCode
}

// TestSlowBodyIsNotWaitedFor has clients that announce 500 bytes, and send one: to what reads them, to what does not, and who may not come in.
func TestSlowBodyIsNotWaitedFor(t *testing.T) {
	for name, c := range map[string]struct {
		cfg  Config
		path string
		want int
	}{
		"read":        {Config{}, "/read", 400},
		"not read":    {Config{}, "/page", 200},
		"turned away": {Config{Token: secret}, "/read", 401},
	} {
		s, _ := newServer(t, c.cfg, Health{})
		s.patience = 50 * time.Millisecond
		s.Handle("POST /read", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.ReadAll(r.Body); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
			}
		}))
		if status := slowly(t, run(t, s), c.path); status != c.want {
			t.Errorf("%s: %d, want %d", name, status, c.want)
		}
	}
}

// TestStreamsOutliveTheDeadlineOfBodies streams for longer than a body may take.
func TestStreamsOutliveTheDeadlineOfBodies(t *testing.T) {
	s, _ := newServer(t, Config{}, Health{})
	s.patience = 20 * time.Millisecond
	s.Handle("GET /stream", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(5 * s.patience):
			_, _ = io.WriteString(w, "late")
		case <-r.Context().Done():
		}
	}))
	if _, text := get(t, "GET", run(t, s)+"/stream", nil); text != "late" {
		t.Errorf("the stream says %q", text)
	}
}

// TestTooManyRequestsAreRefused fills all places, and probes come in all the same.
func TestTooManyRequestsAreRefused(t *testing.T) {
	s, _ := newServer(t, Config{}, Health{})
	s.most = 1
	in, out := make(chan struct{}), make(chan struct{})
	s.Handle("GET /long", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(in); <-out }))
	url := run(t, s)
	ended := make(chan int)
	go func() {
		response, err := http.Get(url + "/long")
		if err != nil {
			ended <- 0
			return
		}
		_ = response.Body.Close()
		ended <- response.StatusCode
	}()
	<-in
	if status, _ := get(t, "GET", url, nil); status != http.StatusServiceUnavailable {
		t.Errorf("one too many: %d", status)
	}
	if status, _ := get(t, "GET", url+"/livez", nil); status != http.StatusOK {
		t.Errorf("a probe: %d", status)
	}
	close(out)
	if status := <-ended; status != http.StatusOK {
		t.Errorf("the first one: %d", status)
	}
	if status, _ := get(t, "GET", url, nil); status != http.StatusOK {
		t.Errorf("afterwards: %d", status)
	}
}

// TestOtherMethodsAreNotMissing asks for paths with methods that they do not have, beside a page that has all other paths.
func TestOtherMethodsAreNotMissing(t *testing.T) {
	s, _ := newServer(t, Config{}, Health{})
	page := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	s.Handle("GET /metrics", page)
	s.Handle("POST /both", page)
	s.Handle("GET /both", page)
	url := run(t, s)
	for path, allow := range map[string]string{"/metrics": "GET, HEAD", "/livez": "GET, HEAD", "/debug/pprof/": "GET, HEAD", "/both": "POST, GET, HEAD"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusMethodNotAllowed || response.Header.Get("Allow") != allow {
			t.Errorf("%s: %d, %q", path, response.StatusCode, response.Header.Get("Allow"))
		}
	}
	if status, _ := get(t, "POST", url+"/both", nil); status != http.StatusOK {
		t.Errorf("a method that is there: %d", status)
	}
}
