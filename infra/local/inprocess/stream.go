package inprocess

import (
	"bytes"
	"context"
	"io"
	"sync"
)

// window is how many bytes a handler may be ahead of its client, as the buffers of a connection would allow.
const window = 256 << 10

// stream carries the body of an answer from the handler to the client.
type stream struct {
	mu    sync.Mutex
	moved *sync.Cond // signalled when buffer, cause or gone changes
	// buffer holds what is written and not yet read.
	buffer bytes.Buffer
	cause  error // how the stream ends, io.EOF for a whole body; nil while it goes on
	gone   bool  // the client reads no more
}

func newStream() *stream {
	s := &stream{}
	s.moved = sync.NewCond(&s.mu)
	return s
}

// write blocks while the window is full.
func (s *stream) write(p []byte) (written int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(p) > 0 {
		for s.buffer.Len() >= window && !s.gone && s.cause == nil {
			s.moved.Wait()
		}
		if s.gone || s.cause != nil {
			return written, io.ErrClosedPipe
		}
		n := min(len(p), window-s.buffer.Len())
		s.buffer.Write(p[:n])
		p, written = p[n:], written+n
		s.moved.Broadcast()
	}
	return written, nil
}

// end ends the stream; only the first cause counts. A cause other than io.EOF does not take back what was written.
func (s *stream) end(cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause == nil {
		s.cause = cause
	}
	s.moved.Broadcast()
}

// read blocks until there is something to read or the stream has ended.
func (s *stream) read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.buffer.Len() == 0 {
		if s.cause != nil {
			return 0, s.cause
		}
		s.moved.Wait()
	}
	n, err := s.buffer.Read(p)
	s.moved.Broadcast()
	return n, err
}

func (s *stream) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = true
	s.buffer.Reset()
	if s.cause == nil {
		s.cause = io.ErrClosedPipe
	}
	s.moved.Broadcast()
}

// download is the client's end of a stream.
type download struct {
	stream *stream
	cancel context.CancelFunc
}

// Read reads the body of the answer.
func (d *download) Read(p []byte) (int, error) {
	n, err := d.stream.read(p)
	if err != nil {
		d.cancel()
	}
	return n, err
}

// Close tells the handler through its context that nobody reads any more.
func (d *download) Close() error {
	d.stream.leave()
	d.cancel()
	return nil
}
