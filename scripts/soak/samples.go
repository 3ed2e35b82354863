package main

import (
	"context"
	"sync"
	"time"

	"github.com/streamrec/streamrec/scripts/process"
)

// sample is what a process used at a moment. Zero is not known: a frozen process does not answer.
type sample struct {
	At         time.Duration // since the beginning of the run
	Name       string        // of the member, or local, or produce
	Start      int           // the how manieth process of that name
	Age        time.Duration // of the process
	Resident   float64       // bytes
	Files      float64
	Goroutines float64
	Heap       float64 // bytes that live, by the last collection
	Visits     float64 // open ones, in the shards of a worker
	Facts      float64 // that a worker has merged
	CPU        time.Duration
}

// sampler takes samples of all processes now and then.
type sampler struct {
	began time.Time
	fleet *fleet
	local string // URL of the services' metrics
	fixed map[string]*process.Process

	mu       sync.Mutex
	samples  []sample
	requests map[string]int
}

const sampleEvery = 5 * time.Second

// run takes samples until ctx ends.
func (s *sampler) run(ctx context.Context) {
	for sleep(ctx, sampleEvery) == nil {
		s.take(ctx)
	}
}

// take samples all processes at once.
func (s *sampler) take(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, sampleEvery/2)
	defer cancel()
	var all sync.WaitGroup
	for _, m := range s.fleet.all() {
		if p, admin, start := m.current(); p != nil {
			url := ""
			if admin != "" {
				url = "http://" + admin + "/metrics"
			}
			all.Go(func() { s.one(limited, m.name, start, p, url) })
		}
	}
	for name, p := range s.fixed {
		url := ""
		if name == "local" {
			url = s.local
		}
		all.Go(func() { s.one(limited, name, 1, p, url) })
	}
	all.Wait()
	if calls, err := s.fleet.requests(limited); err == nil {
		s.mu.Lock()
		s.requests = calls
		s.mu.Unlock()
	}
}

// one samples one process. What has just ended, or does not answer, leaves less or no trace.
func (s *sampler) one(ctx context.Context, name string, start int, p *process.Process, url string) {
	u, err := process.UsageOf(p.PID())
	if err != nil || p.Exited() {
		return
	}
	now := time.Now()
	sm := sample{
		At: now.Sub(s.began), Name: name, Start: start, Age: now.Sub(p.Started()), Resident: float64(u.Resident), Files: float64(u.Files), CPU: u.CPU,
	}
	if url != "" {
		if m, err := process.Scrape(ctx, url); err == nil {
			sm.Goroutines, sm.Visits, sm.Facts = m["go_goroutines"], m["streamrec_open_visits"], m["streamrec_model_facts"]
			// The runtime aims at a heap of twice what lives, by default, so half of the aim is what the last collection has left.
			sm.Heap = m["go_memstats_next_gc_bytes"] / 2
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.samples = append(s.samples, sm)
}

// of returns the samples of one process.
func (s *sampler) of(name string, start int) (samples []sample) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sm := range s.samples {
		if sm.Name == name && sm.Start == start {
			samples = append(samples, sm)
		}
	}
	return samples
}
