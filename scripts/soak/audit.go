package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

// finding is what `streamrec audit -o json` says, as far as it is wanted here.
type finding struct {
	Clean     bool `json:"-"` // by the exit code
	Anomalies []struct {
		Kind  string `json:"kind"`
		Shard string `json:"shard"`
	} `json:"anomalies"`
	Totals struct {
		Shards, Links, Superseded, Strays, Records, Rows, Bytes int64
		Read                                                    struct{ Duplicates, ErrorRows int64 }
		Stream                                                  struct{ Lost, Pending int64 }
	} `json:"totals"`
	Acks *struct{ Total, Repeated, Committed, Missing, Twice int64 } `json:"acks"`
	Map  string                                                      `json:"generations"`
}

// audit compares what the producer had acknowledged with what readers see, and the log with the stream.
func (s *soak) audit(ctx context.Context) (f finding, err error) {
	s.say("the audit reads everything")
	p, err := s.stack.start("audit", "reader", nil, nil, append(append([]string{"audit", "-o", "json"}, deployment()...), "--ack-log", s.producer.acks)...)
	if err != nil {
		return f, err
	}
	code, err := p.Wait(ctx)
	if err != nil {
		_, _ = p.Kill() // ctx has ended
		return f, err
	}
	if err := json.Unmarshal([]byte(p.Out.Text()), &f); err != nil || f.Acks == nil {
		return f, fmt.Errorf("the audit printed no report, exit code %d: %s", code, strings.TrimSpace(p.Err.Text()))
	}
	f.Clean = code == exitDone
	return f, nil
}
