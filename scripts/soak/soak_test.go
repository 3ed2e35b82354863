package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestSoak soaks for half a minute, with a fault every two seconds, and expects a good verdict; then it adds an acknowledgement of a record that
// nobody has put, and expects a bad one.
func TestSoak(t *testing.T) {
	if os.Getenv("STREAMREC_E2E") != "1" {
		t.Skip("set STREAMREC_E2E=1 to run real processes")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var said bytes.Buffer
	o := options{
		duration: 30 * time.Second, every: 2 * time.Second, workers: 3, shards: 2, rate: 200, shoppers: 500, seed: 5,
		failover: 2 * time.Second, flush: time.Second, replayMost: 1_000_000, binary: os.Getenv("STREAMREC_BINARY"),
	}
	s, err := open(ctx, o, t.TempDir(), &said)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.close()
		if t.Failed() {
			t.Log("\n" + said.String())
		}
	})
	r, err := s.run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.verdict(); err != nil || r.Records < 1000 || r.Rows != r.Records || r.Faults < 8 || len(r.ByKind) < 6 {
		t.Errorf("of %d records readers see %d rows, after %d faults of %d kinds: %v", r.Records, r.Rows, r.Faults, len(r.ByKind), err)
	}
	if err := s.draw(t.TempDir() + "/soak.svg"); err != nil {
		t.Error(err)
	}
	if err := s.producer.forge(); err != nil {
		t.Fatal(err)
	}
	a, err := s.audit(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.report(a, 0).verdict(); err == nil || !strings.Contains(err.Error(), "1 acknowledged records are lost") {
		t.Errorf("with an acknowledged record that is in no row, the verdict is %v", err)
	}
}

// TestPictureIsCheckedBeforeTheRun: an hour later would be too late.
func TestPictureIsCheckedBeforeTheRun(t *testing.T) {
	var out, progress strings.Builder
	for _, name := range []string{"soak.jpg", "none/soak.png"} {
		cmd := newCommand(&out, &progress)
		cmd.SetArgs([]string{"--list", "--duration", "1m", "--picture", filepath.Join(t.TempDir(), name)})
		if err := cmd.Execute(); err == nil || !strings.Contains(err.Error(), "--picture: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
