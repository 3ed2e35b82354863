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
	Name        string `json:"name"`
	Application string `json:"application"`
	Stream      string `json:"stream"`
	Endpoint    string `json:"endpoint"`
	Diary       string `json:"diary"` // path
}

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
	d, err := openDiary(a.Diary)
	if err != nil {
		return err
	}
	c := newClients(a.Endpoint, a.Name)
	if a.Side == ours {
		return runOurs(ctx, a, c, d, log)
	}
	return runStock(ctx, a, c, d, log)
}
