package admin

import (
	"net/http"
	"time"
)

// Bounds of what one client can hold. Streams extend the write deadline themselves, with each message, and profiles by the seconds that they take.
const (
	bodyTimeout  = 10 * time.Second // until a body has come
	writeTimeout = 30 * time.Second // until an answer has been taken
	atATime      = 128              // requests, of those who may come in; a dashboard that is watched is one
)

// patient gives bodies a deadline, also those of who is turned away. http.Server.ReadTimeout would end streams, which go on reading to notice that
// the client leaves.
func patient(next http.Handler, patience time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(patience)) // what cannot set one, such as a recorder, needs none
		}
		next.ServeHTTP(w, r)
	})
}

// bounded refuses what is too much at a time. Probes are never too much: a worker that is busy lives.
func bounded(next http.Handler, most int) http.Handler {
	slots := make(chan struct{}, most)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isProbe(r) {
			next.ServeHTTP(w, r)
			return
		}
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
			next.ServeHTTP(w, r)
		default:
			w.Header().Set("Retry-After", "10")
			http.Error(w, "too many requests at a time", http.StatusServiceUnavailable)
		}
	})
}

// methods answers 405 for a path that is there with other methods: else it would be that of whoever has the rest of the paths, who knows nothing of it.
type methods struct{ allow string }

// add takes a method for the path. Who may GET may HEAD.
func (m *methods) add(method string) {
	if m.allow != "" {
		m.allow += ", "
	}
	if m.allow += method; method == http.MethodGet {
		m.allow += ", " + http.MethodHead
	}
}

// ServeHTTP implements http.Handler.
func (m *methods) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Allow", m.allow)
	http.Error(w, "use "+m.allow, http.StatusMethodNotAllowed)
}
