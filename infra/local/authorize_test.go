package local_test

import (
	"net/http"
	"testing"

	"github.com/streamrec/streamrec/infra/local"
	"github.com/streamrec/streamrec/infra/local/fault"
)

// TestAuthorizeStandsBehindFaults holds that a fault comes first, and that health is not authorized.
func TestAuthorizeStandsBehindFaults(t *testing.T) {
	asked := 0
	l := open(t, local.Options{Buckets: []string{"events"}, Authorize: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if asked++; r.Method == http.MethodPut {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			next.ServeHTTP(w, r)
		})
	}})
	l.Faults().Add(fault.Rule{Match: fault.Match{Operations: []string{"PutObject"}}, When: fault.First(1), Effect: fault.Throttle()})
	for i, c := range []struct {
		method, path string
		status       int
		asked        int
	}{
		{"GET", "/_health", 200, 0}, {"PUT", "/events/k", 503, 0}, {"PUT", "/events/k", 403, 1}, {"GET", "/events/k", 404, 2},
	} {
		if status, _ := get(t, l, c.method, c.path, "*/*", "x"); status != c.status || asked != c.asked {
			t.Errorf("request %d: status %d after %d questions, want %d after %d", i, status, asked, c.status, c.asked)
		}
	}
}
