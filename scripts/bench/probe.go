package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"golang.org/x/sync/errgroup"

	"github.com/streamrec/streamrec/worker"
)

// probers are sessions whose events are followed, each with a stream of its own from any worker.
const probers = 10

// probe puts events of sessions that are listened to, and measures from the call of PutRecords to the push whose history has the event.
func (s *shopFloor) probe(ctx context.Context, d time.Duration) ([]time.Duration, error) {
	ends := time.Now().Add(d)
	results := make([][]time.Duration, probers)
	g, ctx := errgroup.WithContext(ctx)
	for n := range probers {
		g.Go(func() (err error) {
			results[n], err = s.follow(ctx, fmt.Sprintf("probe-%d", n), s.addresses[n%len(s.addresses)], ends)
			return err
		})
	}
	err := g.Wait()
	var all []time.Duration
	for _, r := range results {
		all = append(all, r...)
	}
	return all, err
}

// follow is the life of one probe: it waits for each event to be served, then for a moment, so that puts fall anywhere between two reads.
func (s *shopFloor) follow(ctx context.Context, session, address string, ends time.Time) (served []time.Duration, err error) {
	ctx, cancel := context.WithDeadline(ctx, ends.Add(30*time.Second))
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/v1/sessions/"+session+"/recommendations/stream?k=20", nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("open stream: %w", err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	for n := 0; time.Now().Before(ends); n++ {
		item := s.items[rand.IntN(len(s.items))]
		put := time.Now()
		if err := s.put(ctx, session, item); err != nil {
			return nil, err
		}
		if err := awaitItem(lines, item); err != nil {
			return nil, err
		}
		served = append(served, time.Since(put))
		if err := (worker.System{}).Sleep(ctx, time.Duration(rand.IntN(400))*time.Millisecond); err != nil {
			return nil, err
		}
	}
	return served, nil
}

// awaitItem reads lists until one knows that the session touched the item last.
func awaitItem(lines *bufio.Scanner, item string) error {
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var a struct{ History []string }
		if err := json.Unmarshal([]byte(data), &a); err != nil {
			return fmt.Errorf("read list: %w", err)
		}
		if len(a.History) > 0 && a.History[0] == item {
			return nil
		}
	}
	return fmt.Errorf("the stream has ended: %w", lines.Err())
}

// put puts one event.
func (s *shopFloor) put(ctx context.Context, session, item string) error {
	data := fmt.Appendf(nil, `{"session_id":%q,"customer_number":1,"browse_history":[{"product_code":%q,"quantity":1,"in_shopping_cart":false}]}`, session, item)
	_, err := s.client.PutRecords(ctx, &kinesis.PutRecordsInput{StreamName: new(streamName), Records: []types.PutRecordsRequestEntry{{Data: data, PartitionKey: &session}}})
	if err != nil {
		return fmt.Errorf("put event: %w", err)
	}
	return nil
}
