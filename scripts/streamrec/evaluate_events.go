package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/model/evaluate"
	"github.com/streamrec/streamrec/scripts/eventfile"
)

// readEvents reads an event file into steps in the order of time; those of the same millisecond stay in file order.
func readEvents(ctx context.Context, o evaluateOptions, std streams) ([]evaluate.Event, error) {
	format, err := eventfile.ParseFormat(o.format)
	if err != nil {
		return nil, usageError{fmt.Errorf("--format: %w", err)}
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop() // ends the reading ahead
	if o.file == "-" {
		std.in = eventfile.Interruptible(ctx, std.in)
	}
	r, err := eventfile.Open(o.file, std.in, eventfile.Options{Format: format, OnMalformed: o.malformed == "skip"})
	if err != nil {
		return nil, fileError(err)
	}
	bar := readingBar(std.err, r)
	events, err := collectSteps(ctx, r, bar)
	bar.end()
	if closed := r.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return nil, fileError(fmt.Errorf("read %s: %w", o.file, err))
	}
	if n := r.Malformed(); n > 0 {
		std.say("%d malformed lines of %s were skipped", n, o.file)
	}
	slices.SortStableFunc(events, func(a, b evaluate.Event) int { return cmp.Compare(a.Ms, b.Ms) })
	return events, nil
}

// collectSteps reads all events. Malformed lines are passed over here if the reader goes on after them.
func collectSteps(ctx context.Context, r *eventfile.Reader, p *progress) ([]evaluate.Event, error) {
	var events []evaluate.Event
	told := newHistories()
	var last error
	for e, err := range r.Events() {
		p.read(r)
		if last = err; err != nil {
			continue
		}
		if e.Time.IsZero() {
			return nil, fmt.Errorf("line %d: it does not say when it happened, and the order of events matters", e.Line)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for _, s := range told.news(e) {
			events = append(events, evaluate.Event{
				Ms: e.Time.UnixMilli(), Session: e.Session, Item: s.Item, Type: model.EventType(s.Type),
				Category: s.Category, Brand: s.Brand, Part: e.Part,
			})
		}
	}
	if _, malformed := errors.AsType[*eventfile.LineError](last); malformed && r.Skips() {
		last = nil // the last line was malformed
	}
	return events, last
}
