package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// watched is output in which something is waited for.
type watched struct {
	want  string
	found chan struct{} // closed when it has come

	mu   sync.Mutex
	text bytes.Buffer
	done bool
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, err := w.text.Write(p)
	if !w.done && bytes.Contains(w.text.Bytes(), []byte(w.want)) {
		w.done = true
		close(w.found)
	}
	return n, err
}

// String returns what has come so far.
func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// tlsServer returns the address of a server whose certificate nobody knows.
func tlsServer(t *testing.T) string {
	t.Helper()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	return server.URL
}
