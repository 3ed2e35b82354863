package serve

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzHandler sends requests as they come over a connection to a worker that owns all sessions. Every answer is JSON, and is one that a stranger may get:
// a worker that is well never says 500.
func FuzzHandler(f *testing.F) {
	for _, s := range []string{
		"GET /v1/recommendations?session_id=s HTTP/1.1\r\nHost: h\r\n\r\n",
		"GET /v1/items/P1/similar?k=3&why=true HTTP/1.1\r\nHost: h\r\n\r\n",
		"GET /v1/items/%2e%2e%2f%00/similar HTTP/1.0\r\n\r\n",
		"HEAD /v1/sessions/s/recommendations/stream HTTP/1.1\r\nHost: h\r\nLast-Event-ID: 9\r\n\r\n",
		"POST /v1/recommendations HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc",
		"GET http://other/v1/../v1//ready?x HTTP/1.1\r\nHost: h\r\nStreamrec-Hop: b\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
		"CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n",
	} {
		f.Add([]byte(s))
	}
	a := newTown(f).settle("a", Config{})
	shard := newHolding(f, a, rowOf("shard-1", "a", 7, "0", last))
	a.know(rowOf("shard-1", "a", 7, "0", last))
	for _, item := range []string{"P1", "P2"} {
		shard.act("s", item)
		shard.act("other", item)
	}
	handler := a.Handler()
	over, end := context.WithCancel(f.Context())
	end()
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil || r.RequestURI == "*" || r.Method == http.MethodConnect {
			t.Skip("net/http answers that")
		}
		if strings.Contains(r.URL.Path, "stream") {
			r = r.WithContext(over) // it is sent what there is, and nothing more
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		kind := w.Header().Get("Content-Type")
		switch {
		case w.Code == http.StatusInternalServerError || w.Code < 200:
			t.Fatalf("%q: %d %s", raw, w.Code, w.Body)
		case w.Code >= 400 && kind != "application/problem+json":
			t.Fatalf("%q: %d is told as %q: %s", raw, w.Code, kind, w.Body)
		case strings.HasSuffix(kind, "json") && !json.Valid(w.Body.Bytes()):
			t.Fatalf("%q: %d %s is no JSON", raw, w.Code, w.Body)
		case w.Code == http.StatusOK && w.Body.Len() > 1<<20:
			t.Fatalf("%q: %d bytes", raw, w.Body.Len())
		}
	})
}
