package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Of the fleet that is asked.
const (
	queryShards  = 2
	queryWorkers = 2
	queryRate    = 1000 // questions per second
	eventRate    = 1000 // events per second meanwhile
	queryMerge   = 2 * time.Second
)

// query asks real workers for recommendations while events come in.
func query() section {
	return section{
		name: "query", title: "Recommendations over HTTP: 2 shards, 2 workers, 1,000 events/s, 1,000 questions/s, open loop", sides: []side{ours}, alone: true,
		lines:   slices.Concat(questionLines("owner", "asked of the owner of the session"), questionLines("other", "asked of another worker, which forwards")),
		measure: measureQuery,
	}
}

func questionLines(id, text string) []line {
	return []line{
		{id: id + " p50", text: text + ": p50", unit: millis},
		{id: id + " p99", text: "  p99", unit: millis, target: atMost(5)},
		{id: id + " p99.9", text: "  p99.9", unit: millis},
		{id: id + " max", text: "  max", unit: millis},
		{id: id + " cpu", text: "  CPU of both workers for it, above what they take without questions", unit: micros},
		{id: id + " late p50", text: "  of which until the question was sent, however late the machine let the harness run: p50", unit: millis},
		{id: id + " late p99", text: "    p99", unit: millis},
		{id: id + " failed", text: "  answers that were none, or stale", target: atMost(0)},
	}
}

// inquired is a shop whose workers are asked meanwhile.
func inquired(shards int) trade {
	return trade{shards: shards, rate: eventRate, args: []string{"--merge-interval", queryMerge.String()}}
}

func measureQuery(ctx context.Context, c *cell) (out figures, err error) {
	warm, asked := 20*time.Second, time.Minute
	if c.quick {
		warm, asked = 4*time.Second, 3*time.Second
	}
	s, err := startShop(ctx, c, inquired(queryShards))
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, s.end()) }()
	c.say("filling the model for %v", warm)
	unasked, err := s.used(func() error { return s.sell(ctx, warm) })
	if err != nil {
		return out, err
	}
	out = newFigures()
	for _, way := range []string{"owner", "other"} {
		c.say("1,000 questions/s for %v: %s", asked, way)
		var i *inquiry
		used, err := s.used(func() (err error) {
			i, err = s.inquire(ctx, queryRate, way == "owner", func(asking time.Duration) bool { return asking > asked })
			return err
		})
		if err != nil {
			return out, err
		}
		out.set(way+" cpu", (used-unasked)*asked.Seconds()*1e6/float64(len(i.took)))
		setMillis(&out, way, i.took, 0.5, 0.99, 0.999, 1)
		setMillis(&out, way+" late", i.late, 0.5, 0.99)
		out.values[way+" failed"] = figure{Value: float64(i.failed), Samples: len(i.took)}
	}
	return out, s.sold()
}

// setMillis sets the lines of quantiles.
func setMillis(f *figures, id string, times []time.Duration, quantiles ...float64) {
	for _, q := range quantiles {
		suffix := fmt.Sprintf(" p%v", q*100)
		if q == 1 {
			suffix = " max"
		}
		f.values[id+suffix] = figure{Value: float64(quantile(times, q)) / float64(time.Millisecond), Samples: len(times)}
	}
}
