package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/streamrec/streamrec/worker/lease"
)

// view shows the demo while it runs: a picture that is redrawn on a terminal, lines otherwise.
type view struct {
	demo   *demo
	out    io.Writer
	plain  bool
	screen screen

	mu     sync.Mutex
	story  []string // what has happened, the newest last
	acked  int64    // at the last frame
	rows   int64
	at     time.Time
	putsPS float64
	rowsPS float64
}

// storyLines is how much of the story the picture has.
const storyLines = 6

func newView(d *demo, out io.Writer, plain bool) *view {
	return &view{demo: d, out: out, plain: plain, screen: screen{out: out}, at: time.Now()}
}

// start draws until the returned function is called, which draws once more.
func (v *view) start(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	every := 250 * time.Millisecond
	if v.plain {
		every = 5 * time.Second
	}
	go func() {
		defer close(done)
		for sleep(ctx, every) == nil {
			v.draw(ctx)
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// say adds a line to the story.
func (v *view) say(format string, args ...any) {
	line := fmt.Sprintf("%6.1fs  %s", time.Since(v.demo.began).Seconds(), fmt.Sprintf(format, args...))
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.plain {
		_, _ = fmt.Fprintln(v.out, line)
		return
	}
	v.story = append(v.story, line)
}

func (v *view) draw(ctx context.Context) {
	leases, _, err := v.demo.fleet.store.Leases(ctx)
	if err != nil {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.measure()
	if v.plain {
		_, _ = fmt.Fprintln(v.out, v.summary())
		return
	}
	v.screen.draw(v.picture(leases))
}

// measure updates the rates.
func (v *view) measure() {
	now := time.Now()
	dt := now.Sub(v.at).Seconds()
	if dt < 0.9 {
		return
	}
	acked, rows := v.demo.traffic.acked.Load(), v.demo.fleet.stats.rows.Load()
	v.putsPS, v.rowsPS = float64(acked-v.acked)/dt, float64(rows-v.rows)/dt
	v.acked, v.rows, v.at = acked, rows, now
}

func (v *view) summary() string {
	s := v.demo.fleet.stats
	return fmt.Sprintf("%6.1fs  records put %d (%.0f/s), processed %d (%.0f/s, some again after a crash), objects in S3 %d (%s), undecodable %d",
		time.Since(v.demo.began).Seconds(), v.demo.traffic.acked.Load(), v.putsPS, s.rows.Load(), v.rowsPS, s.objects.Load(), size(s.bytes.Load()), s.bad.Load())
}

// picture has the story so far, one line for each shard, and the newest recommendations.
func (v *view) picture(leases []lease.Lease) []string {
	lines := []string{v.progress(), v.summary()}
	if v.demo.url != "" {
		lines = append(lines, "dashboard  "+v.demo.url)
	}
	lines = append(lines, "")
	lines = append(lines, v.story[max(0, len(v.story)-storyLines):]...)
	lines = append(lines, "", fmt.Sprintf("%-22s %-10s %8s %9s %9s  %s", "SHARD", "WORKER", "COUNTER", "LAG", "RECORDS/S", "STATE"))
	lines = append(lines, v.shards(leases)...)
	lines = append(lines, "", "NEWEST RECOMMENDATIONS")
	for _, r := range v.demo.fleet.stats.lists() {
		names := make([]string, len(r.list))
		for i, code := range r.list {
			names[i] = v.demo.traffic.name(code)
		}
		lines = append(lines, fmt.Sprintf("  %s: %s  ►  %s", r.city, v.demo.traffic.name(r.product), strings.Join(names, " | ")))
	}
	return lines
}

func (v *view) shards(leases []lease.Lease) (lines []string) {
	held := v.demo.fleet.held()
	startable := lease.Startable(leases)
	for _, l := range leases {
		row := fmt.Sprintf("%-22s %-10s %8d %9s %9s  %s", l.Key, "-", l.Counter, "-", "-", state(&l, startable))
		if h, ok := held[l.Key]; ok {
			row = fmt.Sprintf("%-22s %-10s %8d %9s %9.1f  %s", l.Key, h.worker, h.LeaseCounter, lagText(h.MillisBehindLatest), h.RecordsPerSecond, "being read")
		}
		lines = append(lines, row)
	}
	return lines
}

func (v *view) progress() string {
	const width = 50
	part := min(1, float64(time.Since(v.demo.began))/float64(v.demo.duration))
	full := int(part * width)
	return fmt.Sprintf("streamrec demo  [%s%s] %3.0f %%", strings.Repeat("█", full), strings.Repeat("·", width-full), part*100)
}

func lagText(ms int64) string {
	switch {
	case ms < 0:
		return "opening"
	case ms == 0:
		return "at tip"
	}
	return (time.Duration(ms) * time.Millisecond).String()
}

func size(bytes int64) string {
	if bytes < 1<<20 {
		return fmt.Sprintf("%d kB", bytes>>10)
	}
	return fmt.Sprintf("%.1f MB", float64(bytes)/(1<<20))
}
