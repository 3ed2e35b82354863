package process

import (
	"net/http"
	"net/http/httptest"
	"os"
	"syscall"
	"testing"
)

func TestScrapeAddsSeriesOfOneNameUp(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("# HELP rows 3 of them\n# TYPE rows counter\nrows{shard=\"a b\"} 2\nrows{shard=\"c\"} 3.5\ngo_goroutines 12\nodd NaN-ish\n"))
	}))
	defer server.Close()
	got, err := Scrape(t.Context(), server.URL)
	if err != nil || len(got) != 2 || got["rows"] != 5.5 || got["go_goroutines"] != 12 {
		t.Errorf("scraped %v, %v", got, err)
	}
	server.Config.Handler = http.NotFoundHandler()
	if got, err := Scrape(t.Context(), server.URL); err == nil {
		t.Errorf("a page that is missing has the metrics %v", got)
	}
}

func TestProcess(t *testing.T) {
	p, err := Start(Command{Name: "sh", Path: "/bin/sh", Args: []string{"-c", `echo '{"msg":"here","shard":"s"}'; echo no >&2; read x`}})
	if err != nil {
		t.Skipf("no shell: %v", err)
	}
	if code, err := p.Wait(t.Context()); code != 1 || err != nil { // read meets the end of stdin
		t.Errorf("exit code %d, %v", code, err)
	}
	if e := p.Out.Entries("here"); len(e) != 1 || e[0].Shard() != "s" || p.Err.Last() != "no" {
		t.Errorf("it said %v and %q", e, p.Err.Last())
	}
	if at, err := p.Signal(syscall.SIGTERM); err != nil || at.Before(p.Started()) {
		t.Errorf("a process that has ended was sent a signal at %v: %v", at, err)
	}
}

func TestUsageOf(t *testing.T) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("only Linux tells")
	}
	u, err := UsageOf(os.Getpid())
	if err != nil || u.Resident <= 0 || u.Peak < u.Resident || u.Files < 3 {
		t.Errorf("%+v, %v", u, err)
	}
}

func TestEndpoint(t *testing.T) {
	for script, want := range map[string]string{`echo ready; echo '{"endpoint":"http://here"}'; exec sleep 60`: "http://here", `echo no`: ""} {
		p, err := Start(Command{Name: "sh", Path: "/bin/sh", Args: []string{"-c", script}})
		if err != nil {
			t.Skipf("no shell: %v", err)
		}
		if got, err := p.Endpoint(t.Context()); got != want || (err == nil) != (want != "") {
			t.Errorf("%s: the endpoint is %q, %v", script, got, err)
		}
		if _, err := p.Kill(); err != nil {
			t.Error(err)
		}
	}
}
