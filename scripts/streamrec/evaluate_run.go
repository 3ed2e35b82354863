package main

import (
	"context"
	"fmt"
	"io"
	"runtime"

	"github.com/streamrec/streamrec/model/cputime"
	"github.com/streamrec/streamrec/model/evaluate"
)

// system is something that recommends.
type system struct {
	name, parameters string
	evaluate.Recommender
}

// baselines are the published methods, with parameters from their publications.
func baselines() []system {
	long := &evaluate.VMIS{Sample: 500, Neighbours: 100, Items: 10, IDF: 1}
	return []system{
		{"popularity", "half-life 7 d", &evaluate.Popularity{}},
		{"co-visitation", "5 steps, half-life 14 d", &evaluate.CoVisitation{}},
		{"VMIS-kNN", "m 500, k 50, 2 items", evaluate.NewVMIS()},
		{"VMIS-kNN long", "m 500, k 100, 10 items", long},
		{"VSTAN", "m 2500, k 1000", evaluate.NewVSTAN()},
	}
}

// evaluation is a run of the command.
type evaluation struct {
	prequential bool
	train, test []evaluate.Event // test is empty unless offline
	skip        int
	results     evaluationReport
	whole       evaluate.Report // of the first system
}

func newEvaluation(o evaluateOptions, events []evaluate.Event) (*evaluation, error) {
	e := &evaluation{prequential: o.protocol == prequential, train: events}
	switch {
	case len(events) == 0:
		return nil, refuse("%s has no events", o.file)
	case e.prequential:
		e.skip = int(o.warmup * float64(len(events)))
		e.train = events[:int(o.until*float64(len(events)))]
	case o.testDays > 0:
		e.train, e.test = evaluate.Newest(events, int64(o.testDays*24*3600*1000))
	default:
		e.train, e.test = evaluate.Parts(events)
	}
	if !e.prequential && (len(e.train) == 0 || len(e.test) == 0) {
		return nil, o.oneSided(e)
	}
	e.results = newEvaluationReport(o, e)
	return e, nil
}

// measure runs the protocol with one system.
func (e *evaluation) measure(ctx context.Context, s system, stderr io.Writer) error {
	runtime.LockOSThread() // for the CPU time
	defer runtime.UnlockOSThread()
	bar := evaluateBar(stderr, s.name, len(e.train)+len(e.test))
	defer bar.end()
	o := evaluate.Options{K: listLength, Skip: e.skip, Clock: cputime.Thread, Progress: bar.step}
	var r evaluate.Report
	var err error
	if e.prequential {
		r, err = evaluate.Prequential(ctx, e.train, s, o)
	} else {
		r, err = evaluate.Offline(ctx, e.train, e.test, s, o)
	}
	if err != nil {
		return fmt.Errorf("measure %s: %w", s.name, err)
	}
	if r.All.N == 0 {
		return refuse("there is nothing to predict: no session that counts goes on to another item")
	}
	if len(e.results.Systems) == 0 {
		e.whole = r
	}
	e.results.add(s, r, r.SameLists(e.whole))
	return nil
}

// publish writes the results, the picture last: results are not lost with it.
func (e *evaluation) publish(o evaluateOptions, out io.Writer) error {
	write := e.results.writeTable
	if o.output == outputJSON {
		write = e.results.writeJSON
	}
	if err := write(out); err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	if o.plot == "" {
		return nil
	}
	if err := writePlot(o.plot, &e.results); err != nil {
		return fmt.Errorf("write plot: %w", err)
	}
	return nil
}
