package inprocess

import (
	"errors"
	"io"
	"sync"
)

// errShut is what a handler reads from the body of an exchange that its client has left.
var errShut = errors.New("request body is closed")

// upload is the body of a request as the handler reads it. Once shut it never touches the client's reader again, since a
// client that retries rewinds that reader and reads it anew.
type upload struct {
	mu     sync.Mutex
	source io.ReadCloser // nil when there is no body, or no longer
	ended  bool
}

// newUpload takes over source, which may be nil.
func newUpload(source io.ReadCloser) *upload {
	return &upload{source: source, ended: source == nil}
}

// Read reads the client's body.
func (u *upload) Read(p []byte) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.ended:
		return 0, io.EOF
	case u.source == nil:
		return 0, errShut
	}
	n, err := u.source.Read(p)
	if err == io.EOF {
		u.ended = true
	}
	return n, err
}

// Close is the server's side: net/http lets a handler close the body and closes the client's only at the end.
func (u *upload) Close() error { return nil }

// shut closes the client's reader, once. The client has no use for an error here: it has its answer, or has gone.
func (u *upload) shut() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.source == nil {
		return
	}
	_ = u.source.Close()
	u.source = nil
}
