package main

import (
	"context"
	"fmt"
	"net"

	"github.com/streamrec/streamrec/scripts/process"
)

// freeAddress returns a loopback address on which nobody listens.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

// processedOf adds up how many records a worker has processed, by its metrics; 0 while it does not answer.
func processedOf(ctx context.Context, admin string) int64 {
	metrics, _ := process.Scrape(ctx, "http://"+admin+"/metrics") // 0 of nothing
	return int64(metrics["streamrec_records_processed_total"])
}
