package produce

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamrec/streamrec/infra/local/fault"
	"github.com/streamrec/streamrec/infra/local/inprocess"
	local "github.com/streamrec/streamrec/infra/local/kinesis"
)

// stack is a Kinesis inside the process with a stream, the real SDK client, and faults in between.
type stack struct {
	t      *testing.T
	client *kinesis.Client
	faults *fault.Script
	reader *kinesis.Client // without faults
}

const streamName = "clicks"

// onStack runs a test inside a synctest bubble, so that nothing takes real time. The stream has so many shards; with 0
// there is none.
func onStack(t *testing.T, shards int32, test func(t *testing.T, s *stack)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newStack(t, local.Options{})
		if shards > 0 {
			s.create(shards)
		}
		test(t, s)
	})
}

func newStack(t *testing.T, o local.Options) *stack {
	t.Helper()
	service, err := local.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := service.Close(); err != nil {
			t.Errorf("close service: %v", err)
		}
	})
	s := &stack{t: t, faults: fault.New(1)}
	options := kinesis.Options{
		Region: "us-east-1", BaseEndpoint: new("http://kinesis.test"), HTTPClient: inprocess.Client(s.faults.Wrap(service)),
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
	}
	s.client = kinesis.New(options)
	options.HTTPClient = inprocess.Client(service)
	s.reader = kinesis.New(options)
	return s
}

func (s *stack) create(shards int32) {
	s.t.Helper()
	if _, err := s.reader.CreateStream(s.t.Context(), &kinesis.CreateStreamInput{StreamName: new(streamName), ShardCount: &shards}); err != nil {
		s.t.Fatal(err)
	}
}

// result is what a run has left behind.
type result struct {
	summary        Summary
	err            error
	stdout, stderr string
	took           time.Duration
}

func (s *stack) run(ctx context.Context, o Options, stdin string) result {
	s.t.Helper()
	if o.Stream == "" {
		o.Stream = streamName
	}
	var stdout, stderr bytes.Buffer
	start := time.Now()
	sum, err := Run(ctx, o, Deps{Client: s.client, Stdin: strings.NewReader(stdin), Stdout: &stdout, Stderr: &stderr})
	return result{sum, err, stdout.String(), stderr.String(), time.Since(start)}
}

// mustRun is a run that must succeed.
func (s *stack) mustRun(o Options, stdin string) result {
	s.t.Helper()
	r := s.run(s.t.Context(), o, stdin)
	if r.err != nil {
		s.t.Fatalf("run: %v\n%s", r.err, r.stderr)
	}
	return r
}

// stored is a record in the stream.
type stored struct {
	shard string
	types.Record
}

// records reads the whole stream, shard by shard.
func (s *stack) records() []stored {
	s.t.Helper()
	shards, err := s.reader.ListShards(s.t.Context(), &kinesis.ListShardsInput{StreamName: new(streamName)})
	if err != nil {
		s.t.Fatal(err)
	}
	var all []stored
	for _, shard := range shards.Shards {
		all = append(all, s.shardRecords(*shard.ShardId)...)
	}
	return all
}

func (s *stack) shardRecords(shard string) (all []stored) {
	s.t.Helper()
	it, err := s.reader.GetShardIterator(s.t.Context(), &kinesis.GetShardIteratorInput{
		StreamName: new(streamName), ShardId: &shard, ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	for next := it.ShardIterator; next != nil; {
		out, err := s.reader.GetRecords(s.t.Context(), &kinesis.GetRecordsInput{ShardIterator: next})
		if _, ok := errors.AsType[*types.ProvisionedThroughputExceededException](err); ok {
			time.Sleep(time.Second)
			continue
		}
		if err != nil {
			s.t.Fatal(err)
		}
		for _, r := range out.Records {
			all = append(all, stored{shard, r})
		}
		if len(out.Records) == 0 && *out.MillisBehindLatest == 0 {
			return all
		}
		next = out.NextShardIterator
	}
	return all
}

// ackLine is a line of an acknowledgement log.
type ackLine struct {
	N          int64
	Key, Shard string
	Seq        string
	SHA256     string `json:"sha256"`
}

func readAcks(t *testing.T, path string) []ackLine {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var list []ackLine
	for line := range strings.Lines(string(content)) {
		var a ackLine
		decoder := json.NewDecoder(strings.NewReader(line))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&a); err != nil || !strings.HasSuffix(line, "\n") {
			t.Fatalf("line %q of the acknowledgement log: %v", line, err)
		}
		list = append(list, a)
	}
	return list
}

// verify compares what was put with the stream and with the acknowledgement log: the first copies of each session's records
// are there in the order of the source; there are no more copies than retries; every record is acknowledged once, at its
// place.
func (s *stack) verify(put []record, acks []ackLine, retries int64) {
	s.t.Helper()
	all := s.records()
	s.verifySessions(put, all)
	if extra := len(all) - len(put); extra < 0 || int64(extra) > retries {
		s.t.Errorf("%d records are in the stream for %d put and %d retries", len(all), len(put), retries)
	}
	at := map[string]stored{}
	for _, r := range all {
		at[*r.SequenceNumber] = r
	}
	seen := map[int64]bool{}
	for _, a := range acks {
		r, ok := at[a.Seq]
		if !ok || r.shard != a.Shard || *r.PartitionKey != a.Key || a.N < 1 || a.N > int64(len(put)) || seen[a.N] {
			s.t.Fatalf("acknowledgement %+v is wrong, or there twice; in the stream is %+v", a, r)
		}
		seen[a.N] = true
		sum := sha256.Sum256(put[a.N-1].data)
		if hex.EncodeToString(sum[:]) != a.SHA256 || !bytes.Equal(put[a.N-1].data, r.Data) {
			s.t.Errorf("record %d is acknowledged as another", a.N)
		}
	}
	if len(seen) != len(put) {
		s.t.Errorf("%d records are acknowledged, want %d", len(seen), len(put))
	}
}

// verifySessions goes through each session in the stream: a record is either the next of the source, or a copy of an
// earlier one.
func (s *stack) verifySessions(put []record, all []stored) {
	s.t.Helper()
	want, next := map[string][]string{}, map[string]int{}
	for _, r := range put {
		want[r.key] = append(want[r.key], string(r.data))
	}
	for _, r := range all {
		key, data := *r.PartitionKey, string(r.Data)
		list, n := want[key], next[key]
		switch {
		case n < len(list) && list[n] == data:
			next[key]++
		case !slices.Contains(list[:n], data):
			s.t.Errorf("session %s: %s is in the stream where record %d of the session should be", key, data, n)
		}
	}
	for key, list := range want {
		if next[key] != len(list) {
			s.t.Errorf("session %s: %d of %d records are in the stream", key, next[key], len(list))
		}
	}
}

// recordsOf is what a source gives for these options.
func recordsOf(t *testing.T, o Options, stdin string, n int) []record {
	t.Helper()
	src, err := openSource(t.Context(), o.withDefaults(), Deps{Stdin: strings.NewReader(stdin)}.withDefaults(), t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := src.Close(); err != nil {
			t.Errorf("close source: %v", err)
		}
	}()
	var list []record
	for r, err := range src.records() {
		if err != nil {
			t.Fatal(err)
		}
		if list = append(list, r); len(list) == n {
			break
		}
	}
	return list
}

func writeFile(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
