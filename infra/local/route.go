package local

import (
	"io"
	"net/http"
	"strings"

	"github.com/streamrec/streamrec/infra/local/fault"
	"github.com/streamrec/streamrec/infra/local/s3"
)

// routes puts the parts in front of each other, the network's faults outermost.
func (l *Local) routes() http.Handler {
	services := http.Handler(http.HandlerFunc(l.dispatch))
	if len(l.options.Credentials) > 0 {
		services = guard(l.options.Credentials, services)
	}
	if l.options.Authorize != nil {
		services = l.options.Authorize(services)
	}
	services = l.options.Faults.Wrap(services)
	control, metrics := l.options.Faults.Control(), newMetrics()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch name := pathBucket(r); {
		case name == "_health":
			text(w, http.StatusOK, "ok\n")
		case "/"+name == fault.Path && l.options.FaultsOverHTTP:
			control.ServeHTTP(w, r)
		case "/"+name == fault.Path:
			text(w, http.StatusNotFound, "faults over HTTP are off\n")
		case "/"+name == metricsPath:
			metrics.ServeHTTP(w, r)
		case name == "" && isBrowser(r):
			l.page(w, r)
		default:
			services.ServeHTTP(w, r)
		}
	})
}

// pathBucket is what would be the bucket of an S3 request. No bucket begins with an underscore, and an object of that name in
// a bucket that the host names is not meant.
func pathBucket(r *http.Request) string {
	if r.Header.Get("X-Amz-Target") != "" {
		return ""
	}
	return s3.RouteOf(r).Bucket
}

// dispatch finds the service of a request.
func (l *Local) dispatch(w http.ResponseWriter, r *http.Request) {
	switch call := fault.CallOf(r); call.Service {
	case fault.Kinesis:
		l.kinesis.ServeHTTP(w, r)
	case fault.DynamoDB:
		l.dynamo.ServeHTTP(w, r)
	case fault.S3:
		l.s3.ServeHTTP(w, r)
	default:
		fault.Answer(w, r, call, fault.Effect{Code: "UnknownOperationException", Message: "This server has Kinesis, DynamoDB and S3 only."})
	}
}

// isBrowser tells a person who looks at the port from a client that lists its buckets.
func isBrowser(r *http.Request) bool {
	return r.Method == http.MethodGet && r.URL.RawQuery == "" && r.Header.Get("Authorization") == "" && r.Header.Get("X-Amz-Target") == "" &&
		strings.Contains(r.Header.Get("Accept"), "text/html")
}

// text answers in plain text; a client that has gone needs no answer.
func text(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}
