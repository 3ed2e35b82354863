package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/streamrec/streamrec/infra/telemetry"
)

// workerCommand is the first argument of a worker process; the second is its assignment.
const workerCommand = "worker"

// assignment is what a worker process is told.
type assignment struct {
	Side        side   `json:"side"`
	Work        string `json:"work,omitempty"` // other than keeping a diary: draining a backlog
	Name        string `json:"name"`
	Application string `json:"application"`
	Stream      string `json:"stream"`
	Endpoint    string `json:"endpoint"`
	Diary       string `json:"diary"`           // path
	Admin       string `json:"admin,omitempty"` // address for metrics and profiles, of those that keep no diary
}

// What a worker process may do instead of keeping a diary. How many records are done is then in its metrics.
const (
	drainPlain = "plain"
	drainBare  = "bare"
)

// carryOut works until ctx ends, then leaves as it should.
func carryOut(ctx context.Context, text string) error {
	var a assignment
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		return fmt.Errorf("read assignment: %w", err)
	}
	log, err := telemetry.NewLogger(os.Stderr, "json", "info")
	if err != nil {
		return err
	}
	c := newClients(a.Endpoint, a.Name)
	switch a.Work {
	case drainPlain:
		return runPlain(ctx, a, c, log)
	case drainBare:
		return runBare(ctx, a, c)
	}
	d, err := openDiary(a.Diary)
	if err != nil {
		return err
	}
	if a.Side == ours {
		return runOurs(ctx, a, c, d, log)
	}
	return runStock(ctx, a, c, d, log)
}
