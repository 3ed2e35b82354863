package serve

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

const (
	streamBeat    = 10 * time.Second             // between two signs of life of a stream
	streamSilence = 2*streamBeat + 5*time.Second // after which the owner's stream is given up
	streamLook    = 250 * time.Millisecond       // between two looks for an owner
	streamWrite   = 5 * time.Second              // for a client to take an event
	streamRetry   = 1000                         // milliseconds after which a client comes back
)

// streamSign is a sign of life.
const streamSign = ": still here\n\n"

// errStream says that there is nobody to write to any more.
var errStream = errors.New("the client has gone")

// stream is one client's stream.
type stream struct {
	*Server
	*question
	ctx   context.Context
	out   http.ResponseWriter
	rc    *http.ResponseController
	began bool // the header has been sent
	stale bool // the last list that was sent is a stale one
}

// serveStream sends lists until the client goes, or this worker does.
func (s *Server) serveStream(w http.ResponseWriter, r *http.Request) {
	if s.streams.Add(1) > int64(s.cfg.Streams) {
		s.streams.Add(-1)
		unavailable("too many streams at a time").write(w)
		return
	}
	defer s.streams.Add(-1)
	q, p := s.understand(r, func(q *question) *problem {
		if q.session != "" || len(q.items) > 0 {
			return wrong("", "the path names the session: session_id and items have no place here")
		}
		q.session = r.PathValue("id")
		return checkID("id", q.session, maxSession)
	})
	if p != nil {
		p.write(w)
		return
	}
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Type", "text/event-stream")
		return
	}
	ctx, end := context.WithCancel(r.Context())
	defer end()
	defer s.ending.add(end)()
	t := &stream{Server: s, question: q, ctx: ctx, out: w, rc: http.NewResponseController(w)}
	if p := t.run(); p != nil {
		p.write(w)
	}
}

// run follows the session from owner to owner. A problem is only for a stream that has not begun.
func (t *stream) run() *problem {
	for t.ctx.Err() == nil {
		err := t.follow()
		if errors.Is(err, errStream) {
			return nil
		}
		if p, ok := errors.AsType[*problem](err); ok {
			if !t.began {
				return p
			}
			if t.hop != "" {
				return nil // whoever has forwarded it finds the next owner
			}
			t.pause()
		}
	}
	t.farewell()
	return nil
}

// follow sends what the present owner has to say.
func (t *stream) follow() error {
	if shard := t.own(t.question); shard != nil {
		return t.pump(shard)
	}
	if t.hop != "" {
		return t.misdirected()
	}
	return t.relay()
}

// pause waits a little before the owner is looked for again.
func (t *stream) pause() {
	select {
	case <-time.After(streamLook):
	case <-t.ctx.Done():
	}
}

// pump sends a list now and whenever the session has acted, until the term of the shard ends.
func (t *stream) pump(shard *Shard) error {
	acts, stop := t.live.watch(t.session)
	defer stop()
	beat := time.NewTicker(streamBeat)
	defer beat.Stop()
	if err := t.sendLive(shard); err != nil {
		return err
	}
	for {
		select {
		case <-acts:
			if shard.term.Context().Err() != nil {
				return nil
			}
			if err := t.sendLive(shard); err != nil {
				return err
			}
		case <-beat.C:
			if err := t.write(streamSign); err != nil {
				return err
			}
		case <-shard.term.Context().Done():
			return nil
		case <-t.ctx.Done():
			return nil
		}
	}
}

func (t *stream) sendLive(shard *Shard) error {
	body, err := t.answerLive(t.question, shard)
	if err != nil {
		return err
	}
	t.stale = false
	return t.send(body)
}

// sendStale sends the list of the merged facts, unless that was sent last.
func (t *stream) sendStale() error {
	if t.stale {
		return nil // the client knows; the age of the list is all that changes
	}
	row, _ := t.router.owner(t.key)
	body, err := t.answerStale(t.ctx, t.question, row)
	if err != nil {
		return err
	}
	t.stale = true
	return t.send(body)
}

// send writes an event.
func (t *stream) send(body []byte) error {
	return t.write("event: recommendations\ndata: " + string(body) + "\n\n")
}

// write sends text, after the header if that has not been sent.
func (t *stream) write(text string) error {
	_ = t.rc.SetWriteDeadline(time.Now().Add(streamWrite)) // not where there is no connection
	if !t.began {
		t.began = true
		h := t.out.Header()
		h.Set("Content-Type", "text/event-stream")
		h.Set("Cache-Control", "no-store")
		h.Set("X-Accel-Buffering", "no")
		text = fmt.Sprintf("retry: %d\n\n", streamRetry) + text
	}
	if _, err := t.out.Write([]byte(text)); err != nil {
		return errStream
	}
	if err := t.rc.Flush(); err != nil {
		return errStream
	}
	return nil
}

// farewell tells a client that is still there to come back: to another worker, if somebody balances.
func (t *stream) farewell() {
	if t.began {
		_ = t.write(": this worker is leaving\n\n") // to who may have gone
	}
}
