package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/streamrec/streamrec/scripts/reshard"
)

// reshardPlan is what the command prints. The names in its JSON are stable.
type reshardPlan struct {
	Stream  string         `json:"stream"`
	From    int            `json:"openShards"`
	To      int            `json:"openShardsAfter"`
	Steps   []reshard.Step `json:"steps"`
	Price   float64        `json:"pricePerMonthChange"`
	Workers *int           `json:"workers,omitempty"`
	Took    *float64       `json:"tookSeconds,omitempty"` // null as long as it has not been carried out
}

// plan refuses what cannot be done.
func (o reshardOptions) plan(state reshard.State) (*reshardPlan, error) {
	if state.OnDemand {
		return nil, refuse("stream %s is in on-demand mode: AWS changes its shards by itself, and workers follow; to decide yourself, switch it to provisioned mode (aws kinesis update-stream-mode)", o.stream)
	}
	steps, err := o.request.Plan(state.Shards)
	if err != nil {
		return nil, refuse("%w", err)
	}
	p := &reshardPlan{Stream: o.stream, From: len(state.Shards.Open()), Steps: slices.Concat([]reshard.Step{}, steps)}
	if p.To = p.From; len(steps) > 0 {
		p.To = steps[len(steps)-1].Shards
	}
	if more := p.To - p.From; state.Room >= 0 && more > state.Room {
		return nil, refuse("the account may open %d more shards and the plan needs %d: ask AWS to raise the limit of shards", state.Room, more)
	}
	p.Price = float64(p.To-p.From) * monthHours * o.price
	return p, nil
}

// write prints the plan.
func (p *reshardPlan) write(out io.Writer, format output) error {
	if format == outputJSON {
		return json.NewEncoder(out).Encode(p)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "stream\t%s\nopen shards\t%d, then %d\n", p.Stream, p.From, p.To)
	if len(p.Steps) == 0 {
		fmt.Fprintf(w, "steps\tnone: the stream is as it should be\n")
		return w.Flush()
	}
	for i, s := range p.Steps {
		fmt.Fprintf(w, "step %d\t%s\n", i+1, s)
	}
	fmt.Fprintf(w, "limits\tone step at a time; UpdateShardCount at most doubles or halves, ten times in 24 hours\n")
	fmt.Fprintf(w, "duration\ton AWS about 30 s for each shard that is split or merged, one after the other: up to %s; records flow meanwhile\n", p.duration())
	fmt.Fprintf(w, "cost\t%+.2f a month for open shards\n", p.Price)
	fmt.Fprintf(w, "records\tstay readable where they are until the end of the stream's retention; sessions stay in order\n")
	switch {
	case p.Workers == nil:
		fmt.Fprintf(w, "workers\tfollow by themselves\n")
	case *p.Workers == 0:
		fmt.Fprintf(w, "workers\tnone is running: the children wait for the first one\n")
	default:
		fmt.Fprintf(w, "workers\t%d, with %s shards each, then %s\n", *p.Workers, each(p.From, *p.Workers), each(p.To, *p.Workers))
	}
	if p.Took == nil {
		fmt.Fprintf(w, "\t\nnothing was done\tpass --execute\n")
	} else {
		fmt.Fprintf(w, "done\tin %.1f s\n", *p.Took)
	}
	return w.Flush()
}

// duration is how long the steps may take, if each of them touches all shards.
func (p *reshardPlan) duration() time.Duration {
	touched, open := 0, p.From
	for _, s := range p.Steps {
		if s.Operation == reshard.UpdateShardCount {
			touched += max(open, s.Shards)
		} else {
			touched++
		}
		open = s.Shards
	}
	return time.Duration(touched) * 30 * time.Second
}

// each is how many shards each of the workers has.
func each(shards, workers int) string {
	if shards%workers == 0 {
		return fmt.Sprint(shards / workers)
	}
	return fmt.Sprintf("%d or %d", shards/workers, shards/workers+1)
}
