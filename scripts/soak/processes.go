package main

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/streamrec/streamrec/scripts/process"
)

func newSampler(s *soak) *sampler {
	return &sampler{
		began: s.began, fleet: s.fleet, local: s.stack.endpoint + "/_metrics",
		fixed: map[string]*process.Process{"local": s.stack.local, "produce": s.producer.proc},
	}
}

// processes fills in what processes have used. Of each name it is the process that has lived longest.
func (r *report) processes(s *sampler) {
	s.mu.Lock()
	longest := map[string]sample{}
	starts := map[string]int{}
	for _, sm := range s.samples {
		if sm.Age > longest[sm.Name].Age {
			longest[sm.Name] = sm
		}
		starts[sm.Name] = max(starts[sm.Name], sm.Start)
	}
	s.mu.Unlock()
	for name, n := range starts {
		if name != "local" && name != "produce" {
			r.Starts += n
		}
		if !strings.HasPrefix(name, "guest") {
			last := longest[name]
			r.Processes = append(r.Processes, describe(s.of(name, last.Start), n))
		}
	}
	slices.SortFunc(r.Processes, func(a, b processReport) int { return cmp.Compare(a.Name, b.Name) })
	r.trends(s)
}

func describe(samples []sample, starts int) processReport {
	last := samples[len(samples)-1]
	return processReport{
		Name: last.Name, Starts: starts, Lived: last.Age, CPU: last.CPU.Seconds() / max(1, last.Age.Seconds()),
		Resident: quartersOf(samples, resident), Heap: quartersOf(samples, heap), Goroutines: quartersOf(samples, goroutines), Files: quartersOf(samples, files),
		Visits: quartersOf(samples, func(s sample) float64 { return s.Visits }),
	}
}

func resident(s sample) float64   { return s.Resident }
func heap(s sample) float64       { return s.Heap }
func goroutines(s sample) float64 { return s.Goroutines }
func files(s sample) float64      { return s.Files }

// quartersOf takes the medians of a value that is known.
func quartersOf(samples []sample, value func(sample) float64) (q quarters) {
	first, last := samples[0].At, samples[len(samples)-1].At
	quarter := func(n time.Duration) float64 {
		var values []float64
		for _, s := range samples {
			if from := first + n*(last-first)/4; s.At >= from && s.At <= from+(last-first)/4 && value(s) > 0 {
				values = append(values, value(s))
			}
		}
		return median(values)
	}
	return quarters{quarter(1), quarter(3)}
}

// trends judges the elder worker, the services and the producer. The services keep what is put into them, so of their memory only the size is told.
func (r *report) trends(s *sampler) {
	inMiB := func(value func(sample) float64) func(sample) float64 {
		return func(s sample) float64 { return value(s) / (1 << 20) }
	}
	add := func(j judged, ok bool) {
		if ok {
			r.Trends = append(r.Trends, j)
		}
	}
	elder, local, produce := s.of("w1", 1), s.of("local", 1), s.of("produce", 1)
	add(judge("live heap of the elder worker", "MiB", elder, inMiB(heap), 8, true))
	add(judge("goroutines of the elder worker", "", elder, goroutines, 10, false))
	add(judge("open files of the elder worker", "", elder, files, 10, false))
	add(judge("goroutines of the services", "", local, goroutines, 20, false))
	add(judge("resident memory of the producer", "MiB", produce, inMiB(resident), 8, false))
	add(judge("open files of the producer", "", produce, files, 10, false))
	if n := len(local); n > 0 && r.Records > 0 {
		r.Bytes = int64((local[n-1].Resident - local[0].Resident) / float64(r.Records))
	}
}
