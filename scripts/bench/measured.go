package main

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/google/pprof/profile"

	"github.com/streamrec/streamrec/scripts/process"
)

// measured is a process of which it is measured what it takes for its work: a worker, or what a worker is compared with.
type measured struct {
	pid   int
	admin string // address of its metrics and profiles
	end   func() // kills it
}

// processed is how many records the process has processed, by its metrics; 0 while it does not answer.
func (m measured) processed(ctx context.Context) int64 {
	metrics, _ := m.scrape(ctx) // 0 of nothing
	return int64(metrics[processedMetric])
}

func (m measured) scrape(ctx context.Context) (map[string]float64, error) {
	return process.Scrape(ctx, "http://"+m.admin+"/metrics")
}

// usage is what the process has used since it began.
func (m measured) usage() (process.Usage, error) { return process.UsageOf(m.pid) }

// allocations are what a process has allocated since it began, when it had processed so many records.
type allocations struct{ bytes, objects, records float64 }

func (m measured) allocated(ctx context.Context) (allocations, error) {
	metrics, err := m.scrape(ctx)
	return allocations{metrics["go_memstats_alloc_bytes_total"], metrics["go_memstats_mallocs_total"], metrics[processedMetric]}, err
}

// profile is where the process spends its CPU time until ctx ends, without the last seconds: a profile that is not complete is none.
func (m measured) profile(ctx context.Context) (*profile.Profile, error) {
	var parts []*profile.Profile
	for ctx.Err() == nil {
		p, err := m.profilePart(ctx)
		if ctx.Err() != nil {
			break
		} else if err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	if len(parts) == 0 {
		return &profile.Profile{}, nil
	}
	all, err := profile.Merge(parts)
	if err != nil {
		return nil, fmt.Errorf("merge profiles: %w", err)
	}
	return all, nil
}

func (m measured) profilePart(ctx context.Context) (*profile.Profile, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+m.admin+"/debug/pprof/profile?seconds=3", nil)
	if err != nil {
		return nil, fmt.Errorf("ask for profile: %w", err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask for profile: %w", err)
	}
	defer func() { _ = answer.Body.Close() }() // read to its end, or the profile is none
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 200)) // without it the error says less
		return nil, fmt.Errorf("ask for profile: %s: %s", answer.Status, text)
	}
	p, err := profile.Parse(answer.Body)
	if err != nil {
		return nil, fmt.Errorf("read profile: %w", err)
	}
	return p, nil
}
