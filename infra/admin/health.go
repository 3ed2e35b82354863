package admin

import (
	"fmt"
	"net/http"
)

// Health answers the probes. Each function says what is missing, and returns at once; nil is never asked and misses nothing.
type Health struct {
	Live    func() error // starting the process again would help
	Ready   func() error // it does its work
	Started func() error // it has read what it needs
}

// register adds the probes.
func (h Health) register(s *Server) {
	for path, missing := range map[string]func() error{"/livez": h.Live, "/readyz": h.Ready, "/startupz": h.Started} {
		s.Handle("GET "+path, probe(missing))
	}
}

// probe answers 200, or 503 with what is missing.
func probe(missing func() error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if missing != nil {
			if err := missing(); err != nil {
				w.WriteHeader(http.StatusServiceUnavailable)
				_, _ = fmt.Fprintln(w, err) // to who has gone
				return
			}
		}
		_, _ = fmt.Fprintln(w, "ok")
	})
}
