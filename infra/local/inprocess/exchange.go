package inprocess

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
)

// exchange is one request and its answer. It is the handler's http.ResponseWriter.
type exchange struct {
	request  *http.Request
	cancel   context.CancelFunc
	header   http.Header
	answered chan struct{} // closed when status and sent, or failure, are final
	once     sync.Once
	status   int
	sent     http.Header
	failure  error
	body     *stream
	declared int64 // bytes that the header's Content-Length still allows; -1 without one
}

func newExchange(request *http.Request, cancel context.CancelFunc) *exchange {
	return &exchange{
		request: request, cancel: cancel, header: make(http.Header),
		answered: make(chan struct{}), body: newStream(), declared: -1,
	}
}

// serve runs the handler to its end. The deferred call also sees a panic and runtime.Goexit.
func (e *exchange) serve(handler http.Handler, incoming *http.Request, body *upload) {
	stop := context.AfterFunc(incoming.Context(), func() { e.body.end(context.Cause(incoming.Context())) })
	returned := false
	defer func() {
		stop()
		body.shut()
		if returned {
			e.WriteHeader(http.StatusOK)
			e.body.end(e.shortfall())
			return
		}
		e.abort()
		cause := recover()
		if err, _ := cause.(error); cause != nil && !errors.Is(err, http.ErrAbortHandler) {
			panic(cause)
		}
	}()
	handler.ServeHTTP(e, incoming)
	returned = true
}

// abort is a connection that is cut.
func (e *exchange) abort() {
	e.once.Do(func() {
		e.failure = io.ErrUnexpectedEOF
		close(e.answered)
	})
	e.body.end(io.ErrUnexpectedEOF)
}

// shortfall is how the body ends: io.EOF, or an error when it is shorter than the header said.
func (e *exchange) shortfall() error {
	if e.declared > 0 && e.request.Method != http.MethodHead && bodyAllowed(e.status) {
		return io.ErrUnexpectedEOF
	}
	return io.EOF
}

// Header returns the header that WriteHeader will send.
func (e *exchange) Header() http.Header { return e.header }

// WriteHeader sends status and header; only the first call counts, and informational answers are not passed on.
func (e *exchange) WriteHeader(status int) {
	if status < http.StatusOK {
		return
	}
	e.once.Do(func() {
		e.status, e.sent = status, canonical(e.header)
		if length, err := strconv.ParseInt(e.sent.Get("Content-Length"), 10, 64); err == nil {
			e.declared = length
		}
		close(e.answered)
	})
}

// Write sends a piece of the body. It blocks while the client is far behind, and fails once the client has gone.
func (e *exchange) Write(p []byte) (int, error) {
	e.WriteHeader(http.StatusOK)
	if !bodyAllowed(e.status) {
		return 0, http.ErrBodyNotAllowed
	}
	if e.request.Method == http.MethodHead {
		return len(p), nil
	}
	allowed := p
	if e.declared >= 0 && int64(len(p)) > e.declared {
		allowed = p[:e.declared]
	}
	n, err := e.body.write(allowed)
	if e.declared >= 0 {
		e.declared -= int64(n)
	}
	if err == nil && n < len(p) {
		err = http.ErrContentLength
	}
	return n, err
}

// Flush sends the header; what is written never waits.
func (e *exchange) Flush() { e.WriteHeader(http.StatusOK) }

// response is what the client gets; answered must be closed.
func (e *exchange) response() (*http.Response, error) {
	if e.failure != nil {
		e.cancel()
		return nil, e.failure
	}
	length := int64(-1)
	if n, err := strconv.ParseInt(e.sent.Get("Content-Length"), 10, 64); err == nil {
		length = n
	}
	return &http.Response{
		Status: strconv.Itoa(e.status) + " " + http.StatusText(e.status), StatusCode: e.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: e.sent, Body: &download{stream: e.body, cancel: e.cancel}, ContentLength: length, Request: e.request,
	}, nil
}

// canonical spells the names of a header as a client reads them from the wire, where a handler may have sent others.
func canonical(header http.Header) http.Header {
	sent := make(http.Header, len(header))
	for name, values := range header {
		name = http.CanonicalHeaderKey(name)
		sent[name] = append(sent[name], values...)
	}
	return sent
}

func bodyAllowed(status int) bool {
	return status != http.StatusNoContent && status != http.StatusNotModified
}
