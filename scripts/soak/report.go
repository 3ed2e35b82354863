package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// report is the summary of a run.
type report struct {
	Seed     uint64        `json:"seed"`
	Began    time.Time     `json:"began"`
	Duration time.Duration `json:"duration"`
	Cores    int           `json:"cores"`
	Go       string        `json:"go"`
	Workers  int           `json:"workers"`
	Rate     float64       `json:"rate"` // records that were asked for, per second

	Faults     int                `json:"faults"`
	ByKind     map[kind]happened  `json:"byKind"`
	Events     []event            `json:"events"`
	Starts     int                `json:"starts"` // of worker processes
	Refused    int                `json:"refusedStarts"`
	Unclean    []string           `json:"uncleanLeaves"`
	Records    int64              `json:"records"` // that the producer had acknowledged
	Rows       int64              `json:"rows"`    // that readers see
	Lost       int64              `json:"lost"`
	Doubled    int64              `json:"doubled"`
	Links      int64              `json:"links"`
	Shards     int64              `json:"shards"`
	Superseded int64              `json:"superseded"`
	Lag        lagReport          `json:"lag"`
	Drained    time.Duration      `json:"drained"` // from the end of traffic until everything was committed and published
	Processes  []processReport    `json:"processes"`
	Trends     []judged           `json:"trends"`
	Requests   map[string]float64 `json:"dynamodbRequestsPerSecond"` // by member
	Bytes      int64              `json:"bytesPerRecordOfServices"`  // of resident memory, by which the services have grown
	Disk       int64              `json:"disk"`                      // bytes
	Wrong      []string           `json:"wrong"`
}

// happened counts the faults of a kind.
type happened struct {
	Done   int `json:"done"`
	Passed int `json:"passedOver"`
}

// processReport is what one process used.
type processReport struct {
	Name       string        `json:"name"`
	Starts     int           `json:"starts"` // processes that there were of that name
	Lived      time.Duration `json:"lived"`  // the longest of them, which the rest is about
	CPU        float64       `json:"cpu"`    // share of a core
	Resident   quarters      `json:"resident"`
	Heap       quarters      `json:"heap"`
	Goroutines quarters      `json:"goroutines"`
	Files      quarters      `json:"files"`
	Visits     quarters      `json:"visits"`
}

// quarters are the medians of the second and the last quarter of a life.
type quarters struct{ Second, Last float64 }

func (s *soak) report(a finding, drained time.Duration) *report {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &report{
		Seed: s.seed, Began: s.began.UTC(), Duration: s.duration, Cores: runtime.NumCPU(), Go: runtime.Version(), Workers: s.workers, Rate: s.rate,
		Faults: len(s.events), ByKind: map[kind]happened{}, Events: s.events, Refused: s.fleet.refused, Unclean: s.fleet.unclean,
		Records: a.Acks.Total, Rows: a.Totals.Rows, Lost: a.Acks.Missing + a.Totals.Stream.Lost, Doubled: a.Acks.Twice, Links: a.Totals.Links, Shards: a.Totals.Shards,
		Superseded: a.Totals.Superseded, Lag: lagOf(s.points), Drained: drained, Disk: size(s.stack.dir), Requests: map[string]float64{},
	}
	for _, e := range s.events {
		h := r.ByKind[e.Kind]
		if e.Passed {
			h.Passed++
			r.Faults--
		} else {
			h.Done++
		}
		r.ByKind[e.Kind] = h
	}
	r.processes(s.sampler)
	for name, calls := range s.sampler.requests {
		if !strings.HasPrefix(name, "guest") {
			r.Requests[name] = float64(calls) / s.duration.Seconds()
		}
	}
	for _, err := range append(slices.Clone(s.wrong), s.fleet.broken...) {
		r.Wrong = append(r.Wrong, err.Error())
	}
	r.judge(a, s.producer.acknowledged())
	return r
}

// judge adds what the audit and the trends say.
func (r *report) judge(a finding, acked int64) {
	add := func(wrong bool, format string, args ...any) {
		if wrong {
			r.Wrong = append(r.Wrong, fmt.Sprintf(format, args...))
		}
	}
	add(a.Acks.Missing > 0, "%d acknowledged records are lost", a.Acks.Missing)
	add(a.Acks.Twice > 0, "readers see %d acknowledged records more than once", a.Acks.Twice)
	add(a.Totals.Stream.Lost > 0, "%d records of the stream are lost", a.Totals.Stream.Lost)
	add(a.Totals.Stream.Pending > 0, "%d records of the stream are not committed", a.Totals.Stream.Pending)
	add(acked == 0, "nothing was acknowledged, so nothing was shown")
	add(a.Acks.Total != acked, "the audit has read %d acknowledgements of %d", a.Acks.Total, acked)
	add(!a.Clean, "the audit is not clean: %d anomalies", len(a.Anomalies))
	for _, j := range r.Trends {
		add(!j.Flat, "%s grows by %.1f %s an hour", j.What, j.PerHour, j.Unit)
	}
}

// verdict is an error that says what is wrong.
func (r *report) verdict() error {
	if len(r.Wrong) == 0 {
		return nil
	}
	return errors.New("the soak has failed:\n  " + strings.Join(r.Wrong, "\n  "))
}

// write prints the report.
func (r *report) write(out io.Writer, format string) error {
	if format == "json" {
		return json.NewEncoder(out).Encode(r)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	r.table(w)
	return w.Flush()
}

func (r *report) table(w *tabwriter.Writer) {
	const mib = 1 << 20
	fmt.Fprintf(w, "soak of %s, seed %d, %d workers, %.0f records/s asked for; %d cores, %s, began %s\n\n",
		r.Duration, r.Seed, r.Workers, r.Rate, r.Cores, r.Go, r.Began.Format("2006-01-02 15:04 UTC"))
	fmt.Fprintf(w, "records acknowledged\t%d, %.0f/s\n", r.Records, float64(r.Records)/r.Duration.Seconds())
	fmt.Fprintf(w, "rows that readers see\t%d in %d objects of %d shards; %d objects superseded by replays\n", r.Rows, r.Links, r.Shards, r.Superseded)
	fmt.Fprintf(w, "lost\t%d\n", r.Lost)
	fmt.Fprintf(w, "doubled\t%d\n", r.Doubled)
	fmt.Fprintf(w, "oldest record not committed\tmedian %s, p99 %s, worst %s\n", r.Lag.Median, r.Lag.P99, r.Lag.Worst)
	fmt.Fprintf(w, "the same during replays\tworst %s; the longest took %s until readers saw it\n", r.Lag.WorstReplaying.Round(time.Second), r.Lag.LongestReplay.Round(time.Second))
	fmt.Fprintf(w, "more than %s behind\t%d times, longest for %s, replays apart\n", behindLimit, r.Lag.Behind, r.Lag.LongestBehind.Round(time.Second))
	fmt.Fprintf(w, "after the last record\tall committed and published in %s\n", r.Drained.Round(time.Second))
	fmt.Fprintf(w, "worker processes started\t%d, %d refused because a service was not there; %d left with leases not handed over\n", r.Starts, r.Refused, len(r.Unclean))
	fmt.Fprintf(w, "disk\t%d MiB\n", r.Disk/mib)
	fmt.Fprintf(w, "resident memory of the services\tgrown by %d bytes per record\n\n", r.Bytes)
	fmt.Fprintf(w, "FAULT\tHAPPENED\tPASSED OVER\n")
	for _, k := range slices.Sorted(maps.Keys(r.ByKind)) {
		fmt.Fprintf(w, "%s\t%d\t%d\n", k, r.ByKind[k].Done, r.ByKind[k].Passed)
	}
	fmt.Fprintf(w, "in all\t%d\n", r.Faults)
	fmt.Fprintf(w, "\nPROCESS\tSTARTS\tLONGEST LIFE\tCORE\tRESIDENT MiB\tLIVE HEAP MiB\tGOROUTINES\tFILES\tOPEN VISITS\tDYNAMODB/S\n")
	for _, p := range r.Processes {
		requests := "-"
		if n, ok := r.Requests[p.Name]; ok {
			requests = fmt.Sprintf("%.1f", n)
		}
		fmt.Fprintf(w, "%s\t%d\t%s\t%.0f %%\t%s\t%s\t%s\t%s\t%s\t%s\n", p.Name, p.Starts, p.Lived.Round(time.Second), 100*p.CPU,
			p.Resident.text(mib), p.Heap.text(mib), p.Goroutines.text(1), p.Files.text(1), p.Visits.text(1), requests)
	}
	fmt.Fprintf(w, "medians of the second and of the last quarter of the longest life\n")
	if len(r.Trends) == 0 {
		fmt.Fprintf(w, "\nno process has lived long enough for a trend, %s\n", 2*longEnough)
		return
	}
	fmt.Fprintf(w, "\nTREND OF THE LAST HALF\tMEDIAN\tPER HOUR\tPER OPEN VISIT\tFLAT\n")
	for _, j := range r.Trends {
		visit := "-"
		if j.PerVisit > 0 {
			visit = fmt.Sprintf("%.0f B", j.PerVisit*mib)
		}
		fmt.Fprintf(w, "%s\t%.1f %s\t%+.1f\t%s\t%t\n", j.What, j.Median, j.Unit, j.PerHour, visit, j.Flat)
	}
}

func (q quarters) text(unit float64) string {
	return fmt.Sprintf("%.0f → %.0f", q.Second/unit, q.Last/unit)
}
