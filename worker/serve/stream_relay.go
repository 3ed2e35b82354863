package serve

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
	"time"
)

// relay passes the stream of the owner on, as long as it is the owner. Without one it sends a stale list, and waits a little.
func (t *stream) relay() error {
	row, known := t.router.owner(t.key)
	err := errUnreachable
	if known && row.Owner != "" && row.Owner != t.fleet.ID() {
		err = t.relayFrom(row.Owner, row.Key)
	}
	if !errors.Is(err, errUnreachable) {
		return err
	}
	if known && t.router.again(t.ctx, row.Key) {
		if now, _ := t.router.owner(t.key); now.Owner != row.Owner || now.Key != row.Key {
			return nil
		}
	}
	if err := t.sendStale(); err != nil {
		return err
	}
	t.pause()
	return nil
}

// relayFrom passes the stream of a worker on until it ends. The error wraps errUnreachable when there was none.
func (t *stream) relayFrom(owner, shard string) error {
	ctx, cancel := context.WithCancel(t.ctx)
	defer cancel()
	response, err := t.forward.open(ctx, t.router.address(owner), owner, t.uri)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	events := make(chan string)
	go readEvents(ctx, response.Body, events)
	look, silence := time.NewTicker(4*streamLook), time.NewTimer(streamSilence)
	defer look.Stop()
	defer silence.Stop()
	for {
		select {
		case event, ok := <-events:
			if !ok {
				return nil
			}
			silence.Reset(streamSilence)
			if !strings.HasPrefix(event, "event:") && event != streamSign {
				continue // what a worker says to its own clients
			}
			t.stale = false
			if err := t.write(event); err != nil {
				return err
			}
		case <-look.C:
			if row, known := t.router.owner(t.key); known && (row.Owner != owner || row.Key != shard) {
				return nil
			}
		case <-silence.C:
			return nil
		case <-t.ctx.Done():
			return nil
		}
	}
}

// readEvents reads whole events until there are no more: a part of one, from a worker that has died in the middle, is dropped.
func readEvents(ctx context.Context, body io.Reader, events chan<- string) {
	defer close(events)
	lines := bufio.NewReaderSize(body, 64<<10)
	var event strings.Builder
	for within := false; ; { // a line that is longer than the buffer
		line, err := lines.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
		if event.Write(line); event.Len() > maxAnswer {
			return
		}
		blank := string(line) == "\n" && !within
		if within = err != nil; !blank {
			continue
		}
		select {
		case events <- event.String():
			event.Reset()
		case <-ctx.Done():
			return
		}
	}
}
