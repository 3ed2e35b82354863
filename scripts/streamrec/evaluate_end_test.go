package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/streamrec/streamrec/scripts/eventfile"
)

// TestEvaluateTellsItsResultsWithoutThePicture takes the folder away from the picture while the command is at work.
func TestEvaluateTellsItsResultsWithoutThePicture(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "pictures")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(follows(t))
	if err != nil {
		t.Fatal(err)
	}
	in := io.MultiReader(bytes.NewReader(text), readerFunc(func([]byte) (int, error) { return 0, errors.Join(os.RemoveAll(folder), io.EOF) }))
	var out, errs bytes.Buffer
	args := []string{"evaluate", "--file", "-", "--baselines=false", "--plot", filepath.Join(folder, "hits.png")}
	code := run(t.Context(), args, streams{in: endsPlainly{in}, out: &out, err: &errs})
	if code != exitFailed || !strings.Contains(errs.String(), "write plot") || !strings.Contains(out.String(), "100 predictions") {
		t.Errorf("exit code %d, %q, and the results are\n%s", code, errs.String(), out.String())
	}
}

type readerFunc func(b []byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

// endsPlainly makes io.EOF of an error that is one.
type endsPlainly struct{ io.Reader }

func (e endsPlainly) Read(b []byte) (int, error) {
	n, err := e.Reader.Read(b)
	if errors.Is(err, io.EOF) {
		err = io.EOF
	}
	return n, err
}

// TestEvaluateIsInterrupted while it waits for its input, while it reads, and while it measures: with the same sentence.
func TestEvaluateIsInterrupted(t *testing.T) {
	text, err := os.ReadFile(follows(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, input := range map[string]func(interrupt context.CancelCauseFunc) io.Reader{
		"before the first line": func(interrupt context.CancelCauseFunc) io.Reader {
			return readerFunc(func([]byte) (int, error) { interrupt(errors.New("interrupt signal received")); select {} })
		},
		"between two lines": func(interrupt context.CancelCauseFunc) io.Reader {
			return io.MultiReader(bytes.NewReader(text), readerFunc(func([]byte) (int, error) { interrupt(nil); select {} }))
		},
	} {
		ctx, interrupt := context.WithCancelCause(t.Context())
		var out, errs bytes.Buffer
		code := run(ctx, []string{"evaluate", "--file", "-"}, streams{input(interrupt), &out, &errs})
		if code != exitFailed || errs.String() != "streamrec: interrupted\n" || out.Len() > 0 {
			t.Errorf("%s: exit code %d, %q", name, code, errs.String())
		}
	}
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	o := evaluateOptions{file: "-", protocol: prequential, until: 1}
	e, err := newEvaluation(o, eventsOf(t, string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := unlessInterrupted(ctx, e.measure(ctx, baselines()[0], io.Discard)); err == nil || err.Error() != "interrupted" {
		t.Errorf("while it measures: %v", err)
	}
	if err := unlessInterrupted(ctx, os.ErrPermission); !errors.Is(err, os.ErrPermission) {
		t.Errorf("what has failed before the interrupt is %v", err)
	}
}

// TestEvaluateShowsHowFarItHasRead looks at the bar that a terminal would get.
func TestEvaluateShowsHowFarItHasRead(t *testing.T) {
	r, err := eventfile.Open(follows(t), nil, eventfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }() // it was only read
	var shown bytes.Buffer
	_, size := r.Progress()
	bar := &progress{bar: newEvaluateBar(&shown, "read", size)}
	if _, err := collectSteps(t.Context(), r, bar); err != nil {
		t.Fatal(err)
	}
	if done := bar.bar.State().CurrentNum; done < size-1 || bar.bar.IsFinished() {
		t.Errorf("%d of %d bytes are shown", done, size)
	}
	bar.end()
	if !strings.Contains(shown.String(), "read") {
		t.Errorf("the bar shows %q", shown.String())
	}
}

// TestEvaluateMeasuresFirstEvents: all sessions begin with the most popular product, which VSTAN knows nothing of.
func TestEvaluateMeasuresFirstEvents(t *testing.T) {
	by := evaluateFile(t, "--file", follows(t))
	for _, name := range []string{"streamrec", "popularity"} {
		if first := by[name].First; first.Predictions != 100 || first.HR20 != 1 || by[name].All.Predictions != 100 {
			t.Errorf("first events by %s: %+v", name, first)
		}
	}
	if first := by["VSTAN"].First; first.Predictions != 100 || first.HR20 != 0 {
		t.Errorf("first events by VSTAN, which has no list for them: %+v", first)
	}
	var out bytes.Buffer
	if code := run(t.Context(), []string{"evaluate", "--file", follows(t)}, streams{nil, &out, &out}); code != exitDone ||
		!strings.Contains(out.String(), "first events of a session (100) HR@20") {
		t.Errorf("exit code %d, and the table is\n%s", code, out.String())
	}
}
