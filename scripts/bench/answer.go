package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// processedMetric is the metric of records that a worker of streamrec has processed.
const processedMetric = "streamrec_records_processed_total"

// answer serves, until ctx ends, what is measured of a worker of streamrec by HTTP, for one that is none: its metrics, among them how many records are done, and profiles.
func answer(ctx context.Context, address string, done *atomic.Int64) error {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), prometheus.NewCounterFunc(
		prometheus.CounterOpts{Name: processedMetric, Help: "records that are done"}, func() float64 { return float64(done.Load()) },
	))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() }) // the process is about to end
	go func() { _ = server.Serve(listener) }()            // a failure shows in every request
	return nil
}
