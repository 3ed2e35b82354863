package admin

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sirupsen/logrus"
	"github.com/sirupsen/logrus/hooks/test"
)

const secret = "0123456789abcdef0123456789abcdef"

// serve starts a server with one page, and returns its URL and its log.
func serve(t *testing.T, cfg Config, health Health) (url string, hook *test.Hook) {
	t.Helper()
	s, hook := newServer(t, cfg, health)
	return run(t, s), hook
}

func newServer(t *testing.T, cfg Config, health Health) (*Server, *test.Hook) {
	t.Helper()
	log, hook := test.NewNullLogger()
	cfg.Address = "127.0.0.1:0"
	s, err := New(cfg, health, log)
	if err != nil {
		t.Fatal(err)
	}
	return s, hook
}

// run serves until the test ends.
func run(t *testing.T, s *Server) (url string) {
	t.Helper()
	s.Handle("/", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "page") }))
	address, err := s.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return "http://" + address
}

// get asks, after change has had the request, and returns the status and the text.
func get(t *testing.T, method, url string, change func(*http.Request)) (status int, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(r)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func TestWithoutTokenOnlyLoopbackIsAnswered(t *testing.T) {
	url, hook := serve(t, Config{}, Health{})
	if status, text := get(t, "GET", url, nil); status != 200 || text != "page" {
		t.Errorf("from the machine: %d %q", status, text)
	}
	if status, _ := get(t, "GET", url, func(r *http.Request) { r.Host = "evil.example:80" }); status != 403 {
		t.Errorf("under another name: %d, want 403", status)
	}
	last := hook.LastEntry()
	if last == nil || last.Data["audit"] != true || last.Level != logrus.WarnLevel {
		t.Errorf("the record of it is %v", last)
	}
}

func TestToken(t *testing.T) {
	url, hook := serve(t, Config{Token: secret}, Health{})
	for name, c := range map[string]struct {
		header string
		want   int
	}{
		"none":    {"", 401},
		"other":   {"Bearer " + strings.Repeat("f", len(secret)), 401},
		"shorter": {"Bearer " + secret[:31], 401},
		"bearer":  {"Bearer " + secret, 200},
	} {
		if status, _ := get(t, "GET", url, func(r *http.Request) { r.Header.Set("Authorization", c.header) }); status != c.want {
			t.Errorf("%s: %d, want %d", name, status, c.want)
		}
	}
	if status, _ := get(t, "GET", url, func(r *http.Request) { r.SetBasicAuth("anybody", secret) }); status != 200 {
		t.Errorf("as a password: %d", status)
	}
	if status, text := get(t, "GET", url+"/livez", nil); status != 200 || text != "ok\n" {
		t.Errorf("a probe without token: %d %q", status, text)
	}
	for _, e := range hook.AllEntries() {
		if text, _ := e.String(); strings.Contains(text, secret) {
			t.Errorf("the log has the token: %s", text)
		}
	}
}

func TestActionsAreRecordedAndReadingIsNot(t *testing.T) {
	url, hook := serve(t, Config{Token: secret}, Health{})
	with := func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+secret) }
	get(t, "GET", url+"/page?q=1", with)
	if n := len(hook.AllEntries()); n != 0 {
		t.Errorf("reading made %d records", n)
	}
	get(t, "POST", url+"/do", with)
	get(t, "GET", url+"/debug/pprof/symbol", with)
	entries := hook.AllEntries()
	if len(entries) != 2 {
		t.Fatalf("%d records of two actions", len(entries))
	}
	if e := entries[0]; e.Data["audit"] != true || e.Data["who"] != "token" || e.Data["path"] != "/do" || e.Data["status"] != 200 {
		t.Errorf("the record is %v", e.Data)
	}
	cross := func(r *http.Request) { with(r); r.Header.Set("Sec-Fetch-Site", "cross-site") }
	if status, _ := get(t, "POST", url+"/do", cross); status != 403 {
		t.Errorf("from another site's page: %d, want 403", status)
	}
}

func TestProbes(t *testing.T) {
	url, _ := serve(t, Config{}, Health{Ready: func() error { return errors.New("the model is being restored") }})
	if status, text := get(t, "GET", url+"/readyz", nil); status != 503 || text != "the model is being restored\n" {
		t.Errorf("readyz: %d %q", status, text)
	}
	if status, _ := get(t, "GET", url+"/startupz", nil); status != 200 {
		t.Errorf("startupz: %d", status)
	}
}

func TestOpenAddressIsRefused(t *testing.T) {
	for address, ok := range map[string]bool{
		"127.0.0.1:1": true, "localhost:1": true, "[::1]:1": true, ":1": false, "0.0.0.0:1": false, "10.0.0.1:1": false, "example.org:1": false,
	} {
		if err := (Config{Address: address}).Validate(); (err == nil) != ok || !ok && !errors.Is(err, ErrOpen) {
			t.Errorf("%s: %v", address, err)
		}
		if err := (Config{Address: address, Token: secret}).Validate(); err != nil {
			t.Errorf("%s with a token: %v", address, err)
		}
	}
	if err := (Config{Address: "9090"}).Validate(); err == nil {
		t.Error("an address without port was taken")
	}
}

func TestReadToken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	for text, ok := range map[string]bool{secret + "\n": true, "short\n": false, "": false} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		token, err := ReadToken(path)
		if (err == nil) != ok || ok && token != secret {
			t.Errorf("%q: %q, %v", text, token, err)
		}
	}
	if _, err := ReadToken(path + ".none"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

func TestPanicOfAnActionIsRecorded(t *testing.T) {
	log, hook := test.NewNullLogger()
	s, err := New(Config{Address: "127.0.0.1:0"}, Health{}, log)
	if err != nil {
		t.Fatal(err)
	}
	s.Handle("POST /boom", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") }))
	r := httptest.NewRequest("POST", "http://127.0.0.1/boom", nil)
	r.RemoteAddr = "127.0.0.1:5"
	func() {
		defer func() { _ = recover() }()
		s.Handler().ServeHTTP(httptest.NewRecorder(), r)
	}()
	if e := hook.LastEntry(); e == nil || e.Data["path"] != "/boom" {
		t.Errorf("the record is %v", e)
	}
}
