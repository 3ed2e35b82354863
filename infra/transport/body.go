package transport

import (
	"io"
	"net/http"
)

// Client is what the SDK needs of an HTTP client. *http.Client and the SDK's own clients have it.
type Client interface {
	Do(*http.Request) (*http.Response, error)
}

// WholeBody hides the WriteTo method of request bodies from net/http.
//
// The SDK closes a request's body as soon as the answer begins, and WriteTo of a closed body then returns io.EOF as an error
// (smithy-go v1.28.8). When the service is quick, net/http may still be about to look whether anything follows the last
// byte; it takes the error for a failed write and cuts the connection, although all was sent and the answer is under way.
// The answer is lost, and the request is sent again: one record in 300 was put twice. Read of a closed body ends as it should.
type WholeBody struct{ Next Client }

// Do implements Client.
func (w WholeBody) Do(r *http.Request) (*http.Response, error) {
	if _, ok := r.Body.(io.WriterTo); ok {
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return w.Next.Do(r)
}
