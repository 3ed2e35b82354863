//go:build unix

package kinesis_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/streamrec/streamrec/infra/local/kinesis"
)

// cpu is the time that the process has computed so far, in user and system mode.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// measure runs a request until the benchmark is over and reports what a record costs, in the client and the service together.
func measure(b *testing.B, records int, request func()) {
	b.Helper()
	request()
	start := cpu(b)
	for b.Loop() {
		request()
	}
	spent, total := cpu(b)-start, float64(b.N*records)
	b.ReportMetric(float64(spent.Nanoseconds())/total, "cpu-ns/record")
	b.ReportMetric(total/spent.Seconds(), "records/cpu-s")
	b.ReportMetric(total/b.Elapsed().Seconds(), "records/s")
}

// target sends requests to a service, over loopback or straight into the handler.
type target struct {
	b       testing.TB
	service *kinesis.Service
	server  *httptest.Server // nil for straight
}

func newTarget(b *testing.B, loopback bool, options kinesis.Options) *target {
	b.Helper()
	service, err := kinesis.New(options)
	if err != nil {
		b.Fatal(err)
	}
	t := &target{b: b, service: service}
	if loopback {
		t.server = httptest.NewServer(service)
		b.Cleanup(t.server.Close)
	}
	b.Cleanup(func() {
		if err := service.Close(); err != nil {
			b.Error(err)
		}
	})
	t.must("CreateStream", `{"StreamName":"bench","ShardCount":4}`)
	return t
}

// send returns the status and the size of the answer, which it copies to the writer.
func (t *target) send(operation string, body []byte, answer io.Writer) int {
	r, err := http.NewRequest(http.MethodPost, "http://local/", bytes.NewReader(body))
	if err != nil {
		t.b.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", kinesis.TargetPrefix+operation)
	if t.server == nil {
		w := &response{Writer: answer, header: make(http.Header)}
		t.service.ServeHTTP(w, r)
		return w.status
	}
	r.URL.Host = t.server.Listener.Addr().String()
	out, err := t.server.Client().Do(r)
	if err != nil {
		t.b.Fatal(err)
	}
	defer out.Body.Close()
	if _, err := io.Copy(answer, out.Body); err != nil {
		t.b.Fatal(err)
	}
	return out.StatusCode
}

func (t *target) must(operation, body string) string {
	var answer strings.Builder
	if status := t.send(operation, []byte(body), &answer); status != http.StatusOK {
		t.b.Fatalf("%s: %d %s", operation, status, answer.String())
	}
	return answer.String()
}

type response struct {
	io.Writer
	header http.Header
	status int
}

func (r *response) Header() http.Header    { return r.header }
func (r *response) WriteHeader(status int) { r.status = status }

// batch is a PutRecords body of 500 records of 300 bytes with distinct keys.
func batch(b *testing.B) []byte {
	b.Helper()
	type entry struct{ Data, PartitionKey any }
	var entries []entry
	for i := range 500 {
		entries = append(entries, entry{bytes.Repeat([]byte{byte(i), 'x', 7}, 100), fmt.Sprint("session-", i)})
	}
	body, err := json.Marshal(map[string]any{"StreamName": "bench", "Records": entries})
	if err != nil {
		b.Fatal(err)
	}
	return body
}

// variants runs a benchmark on all kinds of services, whose clock advances by step with every request.
func variants(b *testing.B, step time.Duration, run func(b *testing.B, t *target)) {
	cases := []struct {
		name     string
		loopback bool
		disk     bool
	}{{"handler/memory", false, false}, {"handler/disk", false, true}, {"loopback/memory", true, false}, {"loopback/disk", true, true}}
	for _, c := range cases {
		b.Run(c.name, func(b *testing.B) {
			now := time.Now()
			options := kinesis.Options{Now: func() time.Time { now = now.Add(step); return now }}
			if c.disk {
				options.Dir = b.TempDir()
			}
			run(b, newTarget(b, c.loopback, options))
		})
	}
}

func BenchmarkPutRecords(b *testing.B) {
	body := batch(b)
	// A day passes in some thousand requests, so that records are trimmed and memory stays bounded.
	variants(b, 20*time.Second, func(b *testing.B, t *target) {
		measure(b, 500, func() {
			if status := t.send("PutRecords", body, io.Discard); status != http.StatusOK {
				b.Fatal(status)
			}
		})
	})
}

func BenchmarkGetRecords(b *testing.B) {
	body := batch(b)
	variants(b, 0, func(b *testing.B, t *target) {
		for range 80 {
			t.send("PutRecords", body, io.Discard)
		}
		var out struct{ ShardIterator string }
		answer := t.must("GetShardIterator", `{"StreamName":"bench","ShardId":"shardId-000000000001","ShardIteratorType":"TRIM_HORIZON"}`)
		if err := json.Unmarshal([]byte(answer), &out); err != nil {
			b.Fatal(err)
		}
		request := fmt.Appendf(nil, `{"ShardIterator":%q}`, out.ShardIterator)
		var first bytes.Buffer
		t.send("GetRecords", request, &first)
		records := bytes.Count(first.Bytes(), []byte("PartitionKey"))
		b.SetBytes(int64(first.Len()))
		measure(b, records, func() {
			if status := t.send("GetRecords", request, io.Discard); status != http.StatusOK {
				b.Fatal(status)
			}
		})
	})
}
