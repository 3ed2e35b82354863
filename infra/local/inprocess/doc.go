// Package inprocess carries HTTP requests to a handler of the same process without sockets.
//
// [Client] gives an http.Client, which is what the AWS SDK takes as its HTTPClient:
//
//	kinesis.New(kinesis.Options{HTTPClient: inprocess.Client(handler), ...})
//
// The handler sees what it would see behind a real server (a parsed request URI, a Host, a Content-Length, a context that
// ends when the client goes away) and the client what a connection would give it: a streamed body, an error when the
// handler panics with http.ErrAbortHandler, io.ErrUnexpectedEOF when the body is shorter than the Content-Length said.
//
// # Non-obvious
//
// There are no timers, no network and no goroutine that outlives an exchange: a handler runs in one goroutine that ends with
// the handler. So real SDK clients and real handlers work together inside a testing/synctest bubble, on its fake clock.
//
// A handler that ignores its context keeps its goroutine after the client has gone, exactly as behind net/http.
//
// A panic of the handler other than http.ErrAbortHandler is not recovered: behind net/http it would only be logged, here it
// is a test that has found a bug.
package inprocess
