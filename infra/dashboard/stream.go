package dashboard

import (
	"fmt"
	"net/http"
	"time"
)

// stream sends every edition, or the newest one to a watcher that has missed some. It returns when the watcher has gone, or has taken
// nothing for a while, or the dashboard ends.
func (d *Dashboard) stream(w http.ResponseWriter, r *http.Request) {
	leave, err := d.hub.watch(d.options.Watchers)
	if err != nil {
		w.Header().Set("Retry-After", "10")
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	defer leave()
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would keep messages back
	out := &events{w, http.NewResponseController(w), d.options.Patience}
	if out.begin() != nil {
		return
	}
	for version := int64(0); ; {
		e, changed := d.hub.latest()
		if e != nil && e.version != version {
			body, err := e.after(version)
			if err != nil || out.send(body) != nil {
				return
			}
			version = e.version
			continue // there may be a newer one by now
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		case <-d.life.Done():
			return
		}
	}
}

// events writes server-sent events.
type events struct {
	w        http.ResponseWriter
	control  *http.ResponseController
	patience time.Duration
}

// begin tells the browser that it is connected, and how soon to come back.
func (e *events) begin() error { return e.write("retry: 1000\n\n") }

func (e *events) send(body []byte) error { return e.write("data: %s\n\n", body) }

func (e *events) write(format string, args ...any) error {
	_ = e.control.SetWriteDeadline(time.Now().Add(e.patience)) // what cannot set one, such as a recorder, needs none
	if _, err := fmt.Fprintf(e.w, format, args...); err != nil {
		return err
	}
	return e.control.Flush()
}
