package serve

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	maxHeader    = 16 << 10
	keptFor      = time.Minute // which is less than the IdleTimeout of a Server
	keptOfOne    = 128         // connections to one address
	dialingAlive = 15 * time.Second
)

// connections are those to other workers that wait for the next question. They are not net/http's, of which each has two goroutines and passes a question to
// one of them and the answer back from the other: on a busy machine each of these steps waits for its turn, and a question from worker to worker waits for
// all of them. Here who asks writes and reads by itself.
type connections struct {
	mu    sync.Mutex
	idle  map[string][]*connection // by address; the one that was used last is at the end
	swept time.Time
}

// connection is an HTTP/1.1 connection, for one question after the other.
type connection struct {
	conn net.Conn
	from io.LimitedReader // the answer that is being read
	read *bufio.Reader
	to   *bufio.Writer
	used time.Time
}

func newConnections() *connections { return &connections{idle: map[string][]*connection{}} }

// exchange sends a question and returns the answer with its whole body, both until a deadline. A connection that its other end has closed meanwhile,
// without a word, is as if it had not been there.
func (c *connections) exchange(address string, request *http.Request, deadline time.Time) (*http.Response, []byte, error) {
	for {
		to := c.take(address)
		if to == nil {
			break
		}
		response, body, err := c.over(to, address, request, deadline)
		if err == nil || to.answering() || time.Now().After(deadline) {
			return response, body, err
		}
	}
	to, err := dial(request.Context(), address, deadline)
	if err != nil {
		return nil, nil, err
	}
	return c.over(to, address, request, deadline)
}

func dial(ctx context.Context, address string, deadline time.Time) (*connection, error) {
	dialer := net.Dialer{Deadline: deadline, KeepAlive: dialingAlive}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	c := &connection{conn: conn, from: io.LimitedReader{R: conn}, to: bufio.NewWriterSize(conn, 1<<10)}
	c.read = bufio.NewReader(&c.from)
	return c, nil
}

// over asks over a connection, and keeps it if it can be used again.
func (c *connections) over(to *connection, address string, request *http.Request, deadline time.Time) (*http.Response, []byte, error) {
	response, body, err := to.ask(request, deadline)
	if err != nil || response.Close || to.read.Buffered() > 0 {
		_ = to.conn.Close()
		return response, body, err
	}
	c.keep(address, to)
	return response, body, nil
}

func (c *connection) ask(request *http.Request, deadline time.Time) (*http.Response, []byte, error) {
	c.from.N = maxHeader + maxAnswer
	if err := c.conn.SetDeadline(deadline); err != nil {
		return nil, nil, err
	}
	if err := request.Write(c.to); err != nil {
		return nil, nil, err
	}
	if err := c.to.Flush(); err != nil {
		return nil, nil, err
	}
	response, err := http.ReadResponse(c.read, request)
	if err != nil {
		return nil, nil, err
	}
	body, err := readBody(response)
	if err != nil {
		return nil, nil, fmt.Errorf("read answer: %w", err)
	}
	return response, body, nil
}

// readBody reads a body to its end.
func readBody(response *http.Response) (body []byte, err error) {
	defer response.Body.Close()
	if n := response.ContentLength; n >= 0 && n <= maxAnswer {
		body = make([]byte, n)
		_, err = io.ReadFull(response.Body, body)
		return body, err
	}
	body, err = io.ReadAll(response.Body)
	if err == nil && len(body) > maxAnswer {
		err = fmt.Errorf("more than %d bytes", maxAnswer)
	}
	return body, err
}

// answering reports whether anything of an answer has come.
func (c *connection) answering() bool { return c.from.N < maxHeader+maxAnswer }

// take returns the connection to an address that was used last, or nil.
func (c *connections) take(address string) *connection {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.idle[address]
	if len(all) == 0 {
		return nil
	}
	last := len(all) - 1
	to := all[last]
	all[last], c.idle[address] = nil, all[:last]
	if time.Since(to.used) > keptFor {
		c.drop(address)
		_ = to.conn.Close()
		return nil
	}
	return to
}

// keep puts a connection back.
func (c *connections) keep(address string, to *connection) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if to.used = time.Now(); to.used.Sub(c.swept) > keptFor {
		c.sweep(to.used)
	}
	if len(c.idle[address]) >= keptOfOne {
		_ = to.conn.Close()
		return
	}
	c.idle[address] = append(c.idle[address], to)
}

// sweep needs the lock. It closes what has not been used for long: to workers that have gone, too.
func (c *connections) sweep(now time.Time) {
	c.swept = now
	for address, all := range c.idle {
		old := 0
		for old < len(all) && now.Sub(all[old].used) > keptFor {
			_ = all[old].conn.Close()
			old++
		}
		if c.idle[address] = all[old:]; old == len(all) {
			delete(c.idle, address)
		}
	}
}

// drop needs the lock. It closes all connections to an address.
func (c *connections) drop(address string) {
	for _, to := range c.idle[address] {
		_ = to.conn.Close()
	}
	delete(c.idle, address)
}
