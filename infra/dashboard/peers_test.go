package dashboard

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const secret = "5ecret"

func peerOf(s *httptest.Server) Peer {
	return Peer{Address: strings.TrimPrefix(s.URL, "http://"), Secret: secret}
}

// TestSelvesAreToldToWhoKnowsTheSecret asks with the secret, with others, and with none; and a worker that has none.
func TestSelvesAreToldToWhoKnowsTheSecret(t *testing.T) {
	selves := func() []Self { return []Self{{Worker: "w"}} }
	for name, c := range map[string]struct {
		secret, header string
		want           int
	}{
		"the secret":     {secret, "Bearer " + secret, http.StatusOK},
		"another one":    {secret, "Bearer 5ecreT", http.StatusUnauthorized},
		"none":           {secret, "", http.StatusUnauthorized},
		"empty":          {secret, "Bearer ", http.StatusUnauthorized},
		"there is none":  {"", "Bearer ", http.StatusUnauthorized},
		"nor is one set": {"", "", http.StatusUnauthorized},
	} {
		r := httptest.NewRequest(http.MethodGet, PeerPath, nil)
		r.Header.Set("Authorization", c.header)
		w := httptest.NewRecorder()
		SelfHandler(c.secret, selves).ServeHTTP(w, r)
		if w.Code != c.want || w.Code != http.StatusOK && strings.Contains(w.Body.String(), "worker\"") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

// TestPeers asks a worker that answers, one that is not there, and one that talks nonsense.
func TestPeers(t *testing.T) {
	self := SelfHandler(secret, func() []Self { return []Self{{Worker: "w", Counters: Counters{Rows: 7}}} })
	var asked atomic.Int64
	good := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		self.ServeHTTP(w, r)
	}))
	defer good.Close()
	bad := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }))
	defer bad.Close()
	all := []Peer{peerOf(good), {Address: "127.0.0.1:1"}, peerOf(bad)}

	now := time.UnixMilli(1_000_000)
	p := NewPeers(func() time.Time { return now })
	if answers, reached := p.Answers(t.Context(), all); len(answers) != 0 || len(reached) != 0 {
		t.Errorf("before anybody has answered: %v, %v", answers, reached)
	}
	answers, reached := await(t, p, all)
	if len(answers) != 1 || answers[0].Counters.Rows != 7 {
		t.Errorf("answers %+v", answers)
	}
	for i, want := range []bool{true, false, false} {
		if got, ok := reached[all[i].Address]; !ok || got != want {
			t.Errorf("%s was reached: %v", all[i].Address, got)
		}
	}
	for range 10 {
		p.Answers(t.Context(), all)
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times within a moment", n)
	}
	if _, reached := p.Answers(t.Context(), nil); len(reached) != 0 || len(p.known) != 0 {
		t.Errorf("workers that have gone are remembered: %v", p.known)
	}
}

// await returns what is known when all have been asked.
func await(t *testing.T, p *Peers, all []Peer) (answers []Self, reached map[string]bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		if answers, reached = p.Answers(ctx, all); len(reached) == len(all) {
			return answers, reached
		}
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			t.Fatal("not all were asked")
		}
	}
}

// TestAskAll waits for those that answer, and not for one that hangs.
func TestAskAll(t *testing.T) {
	good := httptest.NewServer(SelfHandler(secret, func() []Self { return []Self{{Worker: "w"}} }))
	defer good.Close()
	release := make(chan struct{})
	hanging := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer hanging.Close()
	defer close(release)
	answers := NewPeers(time.Now).AskAll(t.Context(), []Peer{peerOf(hanging), {Address: "127.0.0.1:1"}, peerOf(good)})
	if len(answers) != 1 || answers[0].Worker != "w" {
		t.Errorf("answers %+v", answers)
	}
}
