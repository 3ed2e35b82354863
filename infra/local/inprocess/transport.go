package inprocess

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// Transport is an http.RoundTripper whose only destination is one handler, whatever the URL of a request says.
// It is safe for concurrent use.
type Transport struct {
	handler http.Handler
}

// NewTransport returns a transport to handler.
func NewTransport(handler http.Handler) *Transport {
	return &Transport{handler: handler}
}

// Client returns an HTTP client that reaches handler and nothing else, follows no redirects and has no time limit of its own.
func Client(handler http.Handler) *http.Client {
	return &http.Client{
		Transport:     NewTransport(handler),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// RoundTrip runs the handler and returns as soon as it has sent its header. The error is the cause of the context's end, or
// io.ErrUnexpectedEOF when the handler aborted the exchange before its header.
func (t *Transport) RoundTrip(request *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(request.Context())
	body := newUpload(request.Body)
	incoming, err := receive(ctx, request, body)
	if err != nil {
		cancel()
		body.shut()
		return nil, err
	}
	exchange := newExchange(request, cancel)
	go exchange.serve(t.handler, incoming, body)
	select {
	case <-exchange.answered:
		return exchange.response()
	case <-ctx.Done():
		body.shut()
		return nil, context.Cause(request.Context())
	}
}

// receive turns a client's request into the one that a server would have read from the wire.
func receive(ctx context.Context, request *http.Request, body *upload) (*http.Request, error) {
	uri := request.URL.RequestURI()
	target, err := url.ParseRequestURI(uri)
	if err != nil {
		return nil, fmt.Errorf("parse request URI: %w", err)
	}
	incoming := (&http.Request{
		Method: request.Method, URL: target, RequestURI: uri, Host: request.Host, RemoteAddr: "in-process",
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: request.Header.Clone(), Body: body, ContentLength: request.ContentLength,
	}).WithContext(ctx)
	if incoming.Method == "" {
		incoming.Method = http.MethodGet
	}
	if incoming.Host == "" {
		incoming.Host = request.URL.Host
	}
	if incoming.Header == nil {
		incoming.Header = make(http.Header)
	}
	declareLength(incoming, request)
	return incoming, nil
}

// declareLength repeats net/http's rules: a length of 0 with a body means an unknown length, and a server finds the length
// in the header too. "Expect" is between the client's and the server's connection.
func declareLength(incoming, request *http.Request) {
	incoming.Header.Del("Expect")
	unknown := request.Body != nil && request.Body != http.NoBody && request.ContentLength == 0
	if unknown || request.ContentLength < 0 {
		incoming.ContentLength = -1
		incoming.Header.Del("Content-Length")
		return
	}
	if request.ContentLength > 0 || request.Method == http.MethodPut || request.Method == http.MethodPost {
		incoming.Header.Set("Content-Length", strconv.FormatInt(request.ContentLength, 10))
	}
}
