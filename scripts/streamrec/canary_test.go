package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	kinesistypes "github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	infras3 "github.com/streamrec/streamrec/infra/s3"

	"github.com/streamrec/streamrec/infra/local/fault"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/processor/table"
)

// canary marks every value that a producer chose. What must not leave the log in clear has secretCanary, too.
const (
	canary       = "canary7"
	secretCanary = "secret" + canary
)

// canaryPayloads are decodable and not, in every wrapping.
func canaryPayloads(t *testing.T) (payloads [][]byte) {
	t.Helper()
	zip := func(text string) []byte {
		var out bytes.Buffer
		w := gzip.NewWriter(&out)
		if _, err := io.WriteString(w, text); err != nil || w.Close() != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	valid := fmt.Sprintf(`{"session_id":"s-%[1]s","customer_number":"%[2]s","city":"c-%[1]s","country":"%[1]s","note":"%[2]s","event_id":"e-%[1]s",`+
		`"browse_history":[{"product_code":"p-%[1]s","quantity":"q-%[2]s","in_shopping_cart":"%[2]s"}]}`, canary, secretCanary)
	for _, text := range []string{
		valid, valid + "\n" + secretCanary, secretCanary, `{"session_id":["` + secretCanary + `"]}`, `{"` + secretCanary + `":1}`, `["` + secretCanary + `"]`,
		`{"session_id":"s","browse_history":"` + secretCanary + `"}`, "\xff" + secretCanary, "\x1f\x8b" + secretCanary, "\xf3\x89\x9a\xc2" + secretCanary,
	} {
		payloads = append(payloads, []byte(text), zip(text))
		aggregate, err := event.Aggregate([]event.UserRecord{{PartitionKey: "k-" + canary, Data: []byte(text)}})
		if err != nil {
			t.Fatal(err)
		}
		payloads = append(payloads, aggregate)
	}
	return payloads
}

// safeBuffer is what two commands and a test write to and read.
type safeBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *safeBuffer) text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

// TestNoPersonalDataInLogs lets a worker process records full of canaries, at the most talkative level, while its services fail now and then, and
// every tool look at the result. None of what they print has a canary; the log has none in clear that has to be hidden.
func TestNoPersonalDataInLogs(t *testing.T) {
	service := serveLocal(t)
	keyFile, privacy := privacyKey(t)
	clients, err := loadClients(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stream := new("clicks")
	if _, err := clients.kinesis.CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: stream, ShardCount: new(int32(1))}); err != nil {
		t.Fatal(err)
	}
	if err := kinesis.NewStreamExistsWaiter(clients.kinesis).Wait(t.Context(), &kinesis.DescribeStreamInput{StreamName: stream}, time.Minute); err != nil {
		t.Fatal(err)
	}
	payloads := canaryPayloads(t)
	for i, p := range payloads {
		entry := kinesistypes.PutRecordsRequestEntry{PartitionKey: new(fmt.Sprintf("k-%s-%d", canary, i)), Data: p}
		if _, err := clients.kinesis.PutRecords(t.Context(), &kinesis.PutRecordsInput{StreamName: stream, Records: []kinesistypes.PutRecordsRequestEntry{entry}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, rule := range []fault.Rule{
		{Match: fault.Match{Operations: []string{"PutObject"}}, When: fault.Nth(4), Effect: fault.Error("InternalError")},
		{Match: fault.Match{Operations: []string{"PutObject"}}, When: fault.Nth(6), Effect: fault.LoseAnswer()},
		{Match: fault.Match{Operations: []string{"GetRecords"}}, When: fault.Nth(2), Effect: fault.Throttle()},
		{Match: fault.Match{Operations: []string{"UpdateItem"}}, When: fault.Every(5), Effect: fault.Throttle()},
	} {
		service.Faults().Add(rule)
	}
	bucket := infras3.NewBucket(clients.s3, testBucket)
	var printed safeBuffer
	work(t, &printed, keyFile, func() bool { return recordsIn(t, bucket) == len(payloads) })
	for _, args := range [][]string{
		{"status", "--app", "shop", "--stream", "clicks"},
		{"status", "--app", "shop", "--stream", "clicks", "-o", "json"},
		{"audit", "--app", "shop", "--stream", "clicks", "--bucket", testBucket},
		{"audit", "--app", "shop", "--stream", "clicks", "--bucket", testBucket, "-o", "json"},
		{"deadletters", "list", "--bucket", testBucket},
		{"deadletters", "list", "--bucket", testBucket, "-o", "json"},
		{"deadletters", "export", "--bucket", testBucket},
	} {
		_, out, errs := command(t, args...)
		printed.WriteString(out + errs)
	}
	if text := printed.text(); strings.Contains(text, canary) || !strings.Contains(text, "worker starts") || !strings.Contains(text, "CLEAN") {
		for line := range strings.Lines(text) {
			if strings.Contains(line, canary) {
				t.Errorf("a canary in: %s", line)
			}
		}
		t.Errorf("%d bytes were printed", len(text))
	}
	requireHidden(t, bucket, privacy, len(payloads))
}

// work runs a worker until done, and waits for its end.
func work(t *testing.T, printed io.Writer, keyFile string, done func() bool) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{
			"worker", "--app", "shop", "--stream", "clicks", "--bucket", testBucket, "--privacy-key-file", keyFile, "--log-level", "debug", "--flush-age", "100ms",
		}, streams{strings.NewReader(""), printed, printed})
	}()
	tick, late := time.NewTicker(100*time.Millisecond), time.After(time.Minute)
	defer tick.Stop()
	for finished := false; !finished; {
		select {
		case code := <-ended:
			t.Fatalf("the worker has ended with %d: %s", code, printed.(*safeBuffer).text())
		case <-late:
			t.Fatalf("the worker does not get on: %s", printed.(*safeBuffer).text())
		case <-tick.C:
			finished = done()
		}
	}
	if stop(); <-ended != exitDone {
		t.Errorf("the worker failed: %s", printed.(*safeBuffer).text())
	}
}

// recordsIn is how many records the links have.
func recordsIn(t *testing.T, b *infras3.Bucket) (n int) {
	t.Helper()
	for _, key := range links(t, b) {
		o, err := b.Head(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		l, err := chain.ParseLink(o)
		if err != nil {
			t.Fatal(err)
		}
		n += int(l.Records)
	}
	return n
}

// requireHidden looks for the secret canaries in rows, keys and metadata, and for all canaries in what is not a row.
func requireHidden(t *testing.T, b *infras3.Bucket, p *event.Privacy, records int) {
	t.Helper()
	sealed := 0
	for o, err := range b.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		body, o, err := b.Get(t.Context(), o.Key)
		if err != nil {
			t.Fatal(err)
		}
		if text := fmt.Sprint(o.Key, o.Metadata); strings.Contains(text, canary) || bytes.Contains(body, []byte(secretCanary)) {
			t.Errorf("a canary in %s", text)
		}
		if !strings.HasSuffix(o.Key, ".parquet") {
			continue
		}
		err = table.Read(t.Context(), bytes.NewReader(body), o.Size, func(rows []table.Row) error {
			for i := range rows {
				sealed += requireRowHidden(t, p, &rows[i])
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if sealed < records/2 {
		t.Errorf("%d sealed canaries in %d records: the test looks in the wrong place", sealed, records)
	}
}

// requireRowHidden returns how many canaries the key brings to light.
func requireRowHidden(t *testing.T, p *event.Privacy, r *table.Row) (sealed int) {
	t.Helper()
	var texts []string
	for _, s := range []*string{r.SessionID, r.CustomerID, r.City, r.Country, r.Extra, r.Error, r.EventID} {
		if s != nil {
			texts = append(texts, *s)
		}
	}
	for _, h := range r.BrowseHistory {
		if h.Extra != nil {
			texts = append(texts, *h.Extra)
		}
	}
	if r.Raw != nil {
		texts = append(texts, string(*r.Raw))
		if raw, err := p.Open(*r.Raw); err == nil && bytes.Contains(raw, []byte(secretCanary)) {
			sealed++
		}
	}
	if r.Extra != nil {
		if extra, err := p.OpenExtra(*r.Extra); err == nil && strings.Contains(extra, secretCanary) {
			sealed++
		}
	}
	if slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(s, secretCanary) }) {
		t.Errorf("a secret canary in the row %s/%d/%d", r.SequenceNumber, r.SubSequence, r.Line)
	}
	return sealed
}
