package main

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/streamrec/streamrec/infra/dashboard"
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/worker/serve"
)

// TestVisitsAreRecords decodes what the dashboard puts into the stream, as a worker does.
func TestVisitsAreRecords(t *testing.T) {
	var session string
	var record []byte
	put := func(_ context.Context, s string, data []byte) error {
		session, record = s, data
		return nil
	}
	traffic := newTraffic(1, 10, 1)
	known := traffic.shop.Catalogue()[0]
	shop := &fleetShop{put: put, product: traffic.product}
	for _, v := range []dashboard.Visit{
		{Session: "dashboard-0123456789abcdef", Product: known.Code, Event: "cart"},
		{Session: "dashboard-0123456789abcdef", Product: `<img src=x onerror="1">`, Event: "view"},
	} {
		if err := shop.Visit(t.Context(), v); err != nil {
			t.Fatal(err)
		}
		events := event.NewDecoder(event.Options{}).Decode(nil, event.Record{SequenceNumber: "1", PartitionKey: session, Data: record})
		if len(events) != 1 || events[0].Err != nil || events[0].SessionID != v.Session || session != v.Session {
			t.Fatalf("%s decodes to %+v", record, events)
		}
		step := events[0].History[0]
		if step.ProductCode.Value != v.Product || step.Type.String() != v.Event || events[0].CustomerID.Valid || events[0].Extra != "" || step.Extra != "" {
			t.Errorf("%s decodes to the step %+v", record, step)
		}
		if hasCategory := step.Category.Value == known.Category; hasCategory != (v.Product == known.Code) {
			t.Errorf("%s: what the catalogue knows belongs to the record: %+v", record, step)
		}
	}
}

func TestServedSaysWhoAndWhy(t *testing.T) {
	traffic := newTraffic(1, 10, 1)
	known := traffic.shop.Catalogue()[3]
	var asked string
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.String()
		_ = json.NewEncoder(w).Encode(serve.Answer{
			History: []string{"P1"}, Shard: "shardId-000000000001", Worker: "w-1", LeaseCounter: 4, Source: serve.SourceLive,
			Recommendations: []serve.Recommendation{
				{ProductCode: known.Code, Why: []serve.Reason{{Kind: "neighbour", Items: []string{"P0", known.Code}}}},
				{ProductCode: "P9", Name: "Tea", Category: "tea", Price: "2.50", Why: []serve.Reason{{Kind: "popular"}}},
				{ProductCode: "P8"},
			},
		})
	})
	shop := &fleetShop{answer: func() http.Handler { return handler }, product: traffic.product}
	served, err := shop.Recommend(t.Context(), "dashboard-0123456789abcdef")
	if err != nil || !strings.Contains(asked, "session_id=dashboard-0123456789abcdef") {
		t.Fatalf("asked %s: %v", asked, err)
	}
	if served.Worker != "w-1" || served.Counter != 4 || served.Source != "live" || !slices.Equal(served.History, []string{"P1"}) || len(served.Products) != 3 {
		t.Errorf("served %+v", served)
	}
	a, b, c := served.Products[0], served.Products[1], served.Products[2]
	if a.Name != known.Name || a.Why != "seen with "+known.Name || b.Name != "Tea" || b.Price != "2.50" || b.Why != "popular" || c.Name != "P8" || c.Why != "" {
		t.Errorf("products %+v", served.Products)
	}
}

func TestServedWithoutAnybodyToAsk(t *testing.T) {
	for name, answer := range map[string]http.Handler{
		"nobody":  nil,
		"refused": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }),
		"garbage": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }),
	} {
		shop := &fleetShop{answer: func() http.Handler { return answer }}
		if served, err := shop.Recommend(t.Context(), "dashboard-0123456789abcdef"); err == nil {
			t.Errorf("%s: served %+v", name, served)
		}
	}
}
