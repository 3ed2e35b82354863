package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/model/evaluate"
)

// evaluationReport is what the evaluate command writes.
type evaluationReport struct {
	File     string         `json:"file"`
	Protocol string         `json:"protocol"`
	Events   int            `json:"events"` // learnt or predicted
	Sessions int            `json:"sessions"`
	Items    int            `json:"items"`
	From     time.Time      `json:"from"`
	To       time.Time      `json:"to"`
	Skipped  int            `json:"skipped"` // events that are learnt before the report begins
	Systems  []systemReport `json:"systems"`
}

// systemReport is what one system did.
type systemReport struct {
	Name       string                `json:"name"`
	Parameters string                `json:"parameters"`
	All        rateReport            `json:"all"`
	New        rateReport            `json:"newItems"`
	Revisit    rateReport            `json:"revisits"`
	ByType     map[string]rateReport `json:"byType"`
	First      rateReport            `json:"firstEvents"` // of sessions; not in All
	Unseen     int                   `json:"unseen"`      // targets that nobody had touched before
	SameLists  int                   `json:"sameLists"`   // lists that are those of the first system
	Short      int                   `json:"shortLists"`
	Coverage   float64               `json:"coverage"` // share of the known items that were in a list
	Recommend  costReport            `json:"recommend"`
	Update     costReport            `json:"update"`
	OverTime   []windowReport        `json:"overTime"`
}

// rateReport is how good the lists were for the targets of one kind.
type rateReport struct {
	Predictions int     `json:"predictions"`
	HR5         float64 `json:"hr5"`
	HR10        float64 `json:"hr10"`
	HR20        float64 `json:"hr20"`
	MRR20       float64 `json:"mrr20"`
}

// costReport is CPU time per call in microseconds.
type costReport struct {
	Mean float64 `json:"meanMicros"`
	P50  float64 `json:"p50Micros"`
	P99  float64 `json:"p99Micros"`
}

// windowReport is the hit rate of one stretch of time.
type windowReport struct {
	From        time.Time `json:"from"`
	Predictions int       `json:"predictions"`
	HR20        float64   `json:"hr20"`
}

func newEvaluationReport(o evaluateOptions, e *evaluation) evaluationReport {
	r := evaluationReport{File: o.file, Protocol: o.protocol, Skipped: e.skip, Events: len(e.train) + len(e.test)}
	sessions, items := map[string]bool{}, map[string]bool{}
	var from, to int64
	for _, part := range [][]evaluate.Event{e.train, e.test} {
		for _, v := range part {
			if len(sessions) == 0 {
				from = v.Ms
			}
			sessions[v.Session], items[v.Item] = true, true
			from, to = min(from, v.Ms), max(to, v.Ms)
		}
	}
	r.Sessions, r.Items = len(sessions), len(items)
	r.From, r.To = time.UnixMilli(from).UTC(), time.UnixMilli(to).UTC()
	return r
}

// add notes what a system did, and how many of its lists are those of the first system.
func (r *evaluationReport) add(s system, e evaluate.Report, same int) {
	out := systemReport{
		Name: s.name, Parameters: s.parameters, Unseen: e.Unseen, SameLists: same, Short: e.Short, Coverage: e.Coverage(),
		All: rates(e.All), New: rates(e.New), Revisit: rates(e.Revisit), First: rates(e.First), ByType: map[string]rateReport{},
		Recommend: cost(e.Recommending), Update: cost(e.Updating), OverTime: overTime(e.Outcomes),
	}
	for t, tally := range e.ByType {
		out.ByType[model.EventType(t).String()] = rates(tally)
	}
	r.Systems = append(r.Systems, out)
}

func rates(t evaluate.Tally) rateReport {
	return rateReport{t.N, t.HRAt(5), t.HRAt(10), t.HRAt(20), t.MRR()}
}

func cost(l evaluate.Latency) costReport {
	micros := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }
	return costReport{micros(l.Mean()), micros(l.Quantile(.5)), micros(l.Quantile(.99))}
}

// windows is into how many stretches of time a report is cut.
const windows = 30

// overTime cuts the outcomes into windows of equal length. One in which there are few predictions is joined to the next.
func overTime(outcomes []evaluate.Outcome) []windowReport {
	if len(outcomes) == 0 {
		return nil
	}
	start := outcomes[0].Ms
	length := (outcomes[len(outcomes)-1].Ms-start)/windows + 1
	few := len(outcomes) / (3 * windows)
	var all []windowReport
	var w windowReport
	hits, end := 0, start
	for _, o := range outcomes {
		if o.Ms >= end && w.Predictions > few || w.Predictions == 0 {
			all = appendWindow(all, w, hits)
			end = start + ((o.Ms-start)/length+1)*length
			w, hits = windowReport{From: time.UnixMilli(end - length).UTC()}, 0
		}
		w.Predictions++
		if o.Place >= 0 {
			hits++
		}
	}
	return appendWindow(all, w, hits)
}

func appendWindow(all []windowReport, w windowReport, hits int) []windowReport {
	if w.Predictions == 0 {
		return all
	}
	w.HR20 = float64(hits) / float64(w.Predictions)
	return append(all, w)
}

func (r *evaluationReport) writeJSON(out io.Writer) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

func (r *evaluationReport) writeTable(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s, %s: %d events of %d sessions with %d items, %s to %s\n", r.File, r.Protocol, r.Events, r.Sessions, r.Items,
		r.From.Format(time.DateTime), r.To.Format(time.DateTime))
	if len(r.Systems) > 0 {
		s := r.Systems[0]
		fmt.Fprintf(w, "%d predictions after the first %d events; %d of items that nobody had touched before, which no list can contain\n",
			s.All.Predictions, r.Skipped, s.Unseen)
	}
	fmt.Fprintln(w, "\n\tHR@5\tHR@10\tHR@20\tMRR@20\tnew items HR@20\tMRR@20\trevisits HR@20\tMRR@20\tcoverage\tsame lists")
	for _, s := range r.Systems {
		fmt.Fprintf(w, "%s\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f\t%.3f\t%d\n", s.Name, s.All.HR5, s.All.HR10, s.All.HR20, s.All.MRR20,
			s.New.HR20, s.New.MRR20, s.Revisit.HR20, s.Revisit.MRR20, s.Coverage, s.SameLists)
	}
	r.writeTypes(w)
	r.writeCosts(w)
	return w.Flush()
}

// writeTypes writes the rates by type of event, and those of first events. Types without predictions are left out.
func (r *evaluationReport) writeTypes(w *tabwriter.Writer) {
	fmt.Fprint(w, "\nby type")
	for t := model.View; t <= model.Purchase; t++ {
		if n := r.Systems[0].ByType[t.String()].Predictions; n > 0 {
			fmt.Fprintf(w, "\t%s (%d) HR@20\tMRR@20", t, n)
		}
	}
	if n := r.Systems[0].First.Predictions; n > 0 {
		fmt.Fprintf(w, "\tfirst events of a session (%d) HR@20\tMRR@20", n)
	}
	fmt.Fprintln(w)
	for _, s := range r.Systems {
		fmt.Fprint(w, s.Name)
		for t := model.View; t <= model.Purchase; t++ {
			if by := s.ByType[t.String()]; by.Predictions > 0 {
				fmt.Fprintf(w, "\t%.4f\t%.4f", by.HR20, by.MRR20)
			}
		}
		if s.First.Predictions > 0 {
			fmt.Fprintf(w, "\t%.4f\t%.4f", s.First.HR20, s.First.MRR20)
		}
		fmt.Fprintln(w)
	}
}

// writeCosts writes CPU times.
func (r *evaluationReport) writeCosts(w *tabwriter.Writer) {
	fmt.Fprintln(w, "\nCPU µs\trecommend p50\tp99\tmean\tupdate p50\tp99\tmean\tparameters")
	for _, s := range r.Systems {
		fmt.Fprintf(w, "%s\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%s\n", s.Name, s.Recommend.P50, s.Recommend.P99, s.Recommend.Mean,
			s.Update.P50, s.Update.P99, s.Update.Mean, s.Parameters)
	}
}
