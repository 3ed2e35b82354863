package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// asker asks one question after the other, over a connection to each worker. It does little else than write and read, since whoever asks elsewhere has a machine of
// their own: net/http's client takes as much of a core as a worker that answers.
type asker map[string]*wire

// wire is a connection by HTTP/1.1.
type wire struct {
	conn net.Conn
	from *bufio.Reader
}

// patience is how long an asker waits for an answer.
const patience = 10 * time.Second

// ask asks one question, and reports whether the answer is that of the owner, and came the way that is measured.
func (a asker) ask(ctx context.Context, address, session string, direct bool) bool {
	w, err := a.wire(ctx, address)
	if err != nil {
		return false
	}
	response, body, err := w.exchange(fmt.Appendf(nil, "GET /v1/recommendations?session_id=%s&k=20 HTTP/1.1\r\nHost: %s\r\n\r\n", url.QueryEscape(session), address))
	if err != nil || response.Close {
		_ = w.conn.Close()
		delete(a, address)
	}
	if err != nil {
		return false
	}
	forwarded := response.Header.Get("Streamrec-Forwarded-By") != ""
	return response.StatusCode == http.StatusOK && bytes.Contains(body, []byte(`"source":"live"`)) && forwarded != direct
}

func (a asker) wire(ctx context.Context, address string) (*wire, error) {
	if w := a[address]; w != nil {
		return w, nil
	}
	dialer := net.Dialer{Timeout: patience}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	a[address] = &wire{conn, bufio.NewReaderSize(conn, 16<<10)}
	return a[address], nil
}

func (w *wire) exchange(question []byte) (*http.Response, []byte, error) {
	if err := w.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, nil, err
	}
	if _, err := w.conn.Write(question); err != nil {
		return nil, nil, err
	}
	response, err := http.ReadResponse(w.from, nil)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response, body, err
}

func (a asker) close() {
	for _, w := range a {
		_ = w.conn.Close()
	}
}
