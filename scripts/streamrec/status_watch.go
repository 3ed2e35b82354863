package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/streamrec/streamrec/infra/telemetry"
	"github.com/streamrec/streamrec/worker"
)

// statusWatch looks again and again. A look that fails is shown, and does not end it.
type statusWatch struct {
	statusOptions
	std    streams
	look   func(context.Context) (*status, error)
	screen *screen // nil: stdout is no terminal, or not for people
	last   *status // the last look that succeeded
}

func newStatusWatch(o statusOptions, l *lookout, std streams) *statusWatch {
	w := &statusWatch{statusOptions: o, std: std, look: l.look}
	if telemetry.IsTerminal(std.out) && o.format == outputTable {
		w.screen = &screen{out: std.out}
	}
	return w
}

// run returns nil when ctx ends, and an error when nobody can see what it writes.
func (w *statusWatch) run(ctx context.Context) error {
	for {
		s, err := w.look(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err := w.show(s, err); err != nil {
			return fmt.Errorf("write status: %w", err)
		}
		if (worker.System{}).Sleep(ctx, w.interval) != nil {
			return nil
		}
	}
}

// show writes what a look has found, or why it found nothing.
func (w *statusWatch) show(s *status, failure error) error {
	if failure == nil {
		w.last = s
	}
	switch {
	case w.screen != nil:
		w.screen.draw(w.picture(failure))
		return nil
	case failure != nil && w.format == outputJSON:
		return json.NewEncoder(w.std.out).Encode(lookFailure{w.app, w.stream, time.Now().UTC().Truncate(time.Millisecond), failed(failure)})
	case failure != nil:
		w.std.say("streamrec: %s", failed(failure))
		return nil
	case w.format == outputJSON:
		return s.write(w.std.out, outputJSON)
	}
	if err := s.write(w.std.out, outputTable); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w.std.out)
	return err
}

// picture has the last status that is known, and says so when it is an old one.
func (w *statusWatch) picture(failure error) (lines []string) {
	if failure != nil {
		lines = append(lines, failed(failure))
		if w.last != nil {
			lines = append(lines, fmt.Sprintf("what follows is %s old", time.Since(w.last.Time).Round(time.Second)))
		}
	}
	if w.last == nil {
		return lines
	}
	return append(lines, w.last.lines()...)
}

func failed(err error) string {
	return strings.ReplaceAll(explain("this look has failed", err).Error(), "\n", " ")
}

// lookFailure is a look that has failed, in JSON.
type lookFailure struct {
	App    string    `json:"app"`
	Stream string    `json:"stream"`
	Time   time.Time `json:"time"`
	Error  string    `json:"error"`
}
