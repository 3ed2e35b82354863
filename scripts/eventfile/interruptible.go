package eventfile

import (
	"context"
	"io"
)

// pipe is a reader whose Read returns when ctx ends, although the read of what is behind it may not.
type pipe struct {
	ctx    context.Context // io.Reader has no room for it
	chunks chan chunk
	left   chunk
}

// chunk is what one read of the source gave.
type chunk struct {
	data []byte
	err  error
}

// Interruptible reads ahead from src in a goroutine, which ends with src, or with the first read that returns after ctx.
func Interruptible(ctx context.Context, src io.Reader) io.Reader {
	p := &pipe{ctx: ctx, chunks: make(chan chunk)}
	go func() {
		for {
			c := chunk{data: make([]byte, 64<<10)}
			n, err := src.Read(c.data)
			c.data, c.err = c.data[:n], err
			select {
			case p.chunks <- c:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return p
}

// Read gives what src gave, or the cause of the end of ctx.
func (p *pipe) Read(b []byte) (int, error) {
	for len(p.left.data) == 0 {
		if p.left.err != nil {
			return 0, p.left.err
		}
		select {
		case p.left = <-p.chunks:
		case <-p.ctx.Done():
			p.left = chunk{err: context.Cause(p.ctx)}
		}
	}
	n := copy(b, p.left.data)
	p.left.data = p.left.data[n:]
	return n, nil
}
