package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// scaleTask is the variable in the environment of TestScale that says what it has to do.
const scaleTask = "STREAMREC_BENCH_SCALE"

// scaleOrder is its value, in JSON.
type scaleOrder struct {
	Shards, Workers int
	Seconds         int    // of the simulated clock, to count for
	Result          string // path
}

// scaleOutcome is what TestScale writes, in JSON.
type scaleOutcome struct {
	Start, Idle, Crash, Join episode
}

// episode is what happened in some time of the simulated clock.
type episode struct {
	Took   time.Duration
	Moves  int
	Writes int
	Reads  int // requests
	Rows   int // read
}

// fleetSizes are shards and workers.
var fleetSizes = [][2]int{{1000, 100}}

// scale counts what a large fleet's coordination takes, without a DynamoDB that would take most of the time.
func scale() section {
	s := section{
		name: "scale", title: "Large fleets on a simulated clock: the table is in memory, workers and protocol are real", sides: []side{ours},
		measure: measureScale,
	}
	for _, size := range fleetSizes {
		s.lines = append(s.lines, scaleLines(size[0], size[1])...)
	}
	return s
}

func scaleLines(shards, workers int) []line {
	id := fmt.Sprintf("%d/%d ", shards, workers)
	lines := []line{{id: id + "start", text: fmt.Sprintf("%d shards, %d workers: all start, until the leases are spread evenly", shards, workers), unit: seconds}}
	lines = append(lines, line{id: id + "start moves", text: "  leases taken and moved"})
	for _, e := range []struct{ id, text string }{{"crash", "one worker falls silent, until they are even again"}, {"join", "one more worker, until it has its part"}} {
		lines = append(lines, line{id: id + e.id, text: "  " + e.text, unit: seconds}, line{id: id + e.id + " moves", text: "    moves"})
	}
	return slices.Concat(lines, []line{
		{id: id + "writes", text: "  idle: writes", unit: perSecond}, {id: id + "reads", text: "  idle: read requests", unit: perSecond},
		{id: id + "rows", text: "  idle: rows read", unit: perSecond},
	})
}

func measureScale(ctx context.Context, c *cell) (figures, error) {
	out := newFigures()
	sizes, seconds := fleetSizes, 30
	if c.quick {
		sizes, seconds = [][2]int{{100, 10}}, 10
	}
	for _, size := range sizes {
		c.say("simulating %d workers on %d shards", size[1], size[0])
		o, err := runScale(ctx, scaleOrder{size[0], size[1], seconds, filepath.Join(c.dir, fmt.Sprint(size[0], ".json"))})
		if err != nil {
			return out, err
		}
		if c.quick { // under the first lines, whose title is another one; a quick run is no measurement
			size = fleetSizes[0]
		}
		out.setScale(fmt.Sprintf("%d/%d ", size[0], size[1]), o)
	}
	return out, nil
}

func runScale(ctx context.Context, order scaleOrder) (o scaleOutcome, err error) {
	path, err := os.Executable()
	if err != nil {
		return o, fmt.Errorf("find own executable: %w", err)
	}
	text, err := json.Marshal(order)
	if err != nil {
		return o, fmt.Errorf("write order: %w", err)
	}
	cmd := exec.CommandContext(ctx, path+".test", "-test.run=^TestScale$", "-test.timeout=40m")
	cmd.Env = append(os.Environ(), scaleTask+"="+string(text))
	cmd.WaitDelay = time.Second
	if text, err := cmd.CombinedOutput(); err != nil {
		return o, fmt.Errorf("run %s.test, which scripts/bench.sh builds: %w: %s", path, err, text)
	}
	text, err = os.ReadFile(order.Result)
	if err == nil {
		err = json.Unmarshal(text, &o)
	}
	if err != nil {
		return o, fmt.Errorf("read outcome: %w", err)
	}
	return o, nil
}

func (f *figures) setScale(id string, o scaleOutcome) {
	for name, e := range map[string]episode{"start": o.Start, "crash": o.Crash, "join": o.Join} {
		f.set(id+name, e.Took.Seconds())
		f.set(id+name+" moves", float64(e.Moves))
	}
	per := o.Idle.Took.Seconds()
	f.set(id+"writes", float64(o.Idle.Writes)/per)
	f.set(id+"reads", float64(o.Idle.Reads)/per)
	f.set(id+"rows", float64(o.Idle.Rows)/per)
}
