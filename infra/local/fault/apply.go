package fault

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"
)

// wait waits as long as the rule says, or until it is removed. It is false when the client has given up.
func (h *Handle) wait(ctx context.Context) bool {
	timer := time.NewTimer(time.Duration(h.rule.Wait))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-h.removed:
	case <-ctx.Done():
		return false
	}
	return true
}

// apply lets the rule's effect happen to a call. It does not return when the connection is to be cut.
func (h *Handle) apply(w http.ResponseWriter, r *http.Request, call Call, next http.Handler) {
	switch h.rule.Kind {
	case KindError:
		Answer(w, r, call, h.rule.Effect)
	case KindThrottle:
		Answer(w, r, call, throttling(call))
	case KindLate:
		h.late(w, r, next)
	case KindLoseAnswer:
		next.ServeHTTP(&lostWriter{header: http.Header{}}, r)
		panic(http.ErrAbortHandler)
	case KindTruncate:
		next.ServeHTTP(&truncatedWriter{ResponseWriter: w, left: h.rule.Bytes}, r)
	case KindHang:
		select {
		case <-r.Context().Done():
		case <-h.removed:
		}
		panic(http.ErrAbortHandler)
	default: // KindCut; KindDelay never comes here
		panic(http.ErrAbortHandler)
	}
}

// late takes the request in, applies it after the wait in any case, and answers if there is still someone to answer.
func (h *Handle) late(w http.ResponseWriter, r *http.Request, next http.Handler) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	gone := context.WithoutCancel(r.Context())
	h.wait(gone)
	request := r.Clone(gone)
	request.Body = io.NopCloser(bytes.NewReader(body))
	next.ServeHTTP(w, request)
}

// lostWriter is an answer that nobody receives.
type lostWriter struct{ header http.Header }

func (l *lostWriter) Header() http.Header         { return l.header }
func (l *lostWriter) Write(p []byte) (int, error) { return len(p), nil }
func (l *lostWriter) WriteHeader(int)             {}
func (l *lostWriter) Flush()                      {}

// truncatedWriter passes on the first bytes of a body, then cuts the connection.
type truncatedWriter struct {
	http.ResponseWriter
	left int64
}

// Write panics with http.ErrAbortHandler once the answer is as long as it may be.
func (t *truncatedWriter) Write(p []byte) (int, error) {
	if int64(len(p)) <= t.left {
		n, err := t.ResponseWriter.Write(p)
		t.left -= int64(n)
		return n, err
	}
	if _, err := t.ResponseWriter.Write(p[:t.left]); err == nil {
		t.Flush() // without it, net/http would drop what it has buffered
	}
	panic(http.ErrAbortHandler)
}

// Flush passes on what is buffered.
func (t *truncatedWriter) Flush() {
	if flusher, ok := t.ResponseWriter.(http.Flusher); ok {
		flusher.Flush()
	}
}
