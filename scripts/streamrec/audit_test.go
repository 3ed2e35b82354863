package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	infradynamo "github.com/streamrec/streamrec/infra/dynamo"
	infrakinesis "github.com/streamrec/streamrec/infra/kinesis"
	infras3 "github.com/streamrec/streamrec/infra/s3"
	"github.com/streamrec/streamrec/processor/audit"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/lease"
)

// auditedLog is a log of one shard on a stack that has also the stream and the lease table.
func auditedLog(t *testing.T) *infras3.Bucket {
	t.Helper()
	serveLocal(t)
	c, err := loadClients(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.kinesis.CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: new("clicks"), ShardCount: new(int32(1))})
	err = errors.Join(err, infradynamo.Create(t.Context(), c.dynamodb, "shop"))
	if err == nil {
		err = kinesis.NewStreamExistsWaiter(c.kinesis).Wait(t.Context(), &kinesis.DescribeStreamInput{StreamName: new("clicks")}, time.Minute)
	}
	if err != nil {
		t.Fatal(err)
	}
	writeLog(t, "shardId-000000000000", nil, testRecord("100", 0, `{"session_id":"s"}`), testRecord("101", time.Minute, `{"session_id":"s"}`))
	return infras3.NewBucket(c.s3, testBucket)
}

// links lists the objects of the table.
func links(t *testing.T, b *infras3.Bucket) (keys []string) {
	t.Helper()
	for o, err := range b.List(t.Context(), testLog.DataPrefix()) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, o.Key)
	}
	return keys
}

// TestAuditRefusesAGenerationThatCannotBe, and does not take it for what readers see.
func TestAuditRefusesAGenerationThatCannotBe(t *testing.T) {
	auditedLog(t)
	code, out, errs := command(t, "audit", "--app", "shop", "--stream", "clicks", "--bucket", testBucket, "--generation", "-1")
	if code != exitUsage || out != "" || !strings.Contains(errs, "--generation: must be") {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
}

func TestSweepStrays(t *testing.T) {
	b := auditedLog(t)
	link := links(t, b)[0]
	body, o, err := b.Get(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	copied := strings.Replace(link, "hour=12", "hour=15", 1)
	other := testLog.DataPrefix() + "notes.txt"
	if err := errors.Join(b.PutIfAbsent(t.Context(), copied, body, o.Metadata), b.PutIfAbsent(t.Context(), other, []byte("x"), nil)); err != nil {
		t.Fatal(err)
	}
	args := []string{"audit", "--app", "shop", "--stream", "clicks", "--bucket", testBucket, "--skip-stream"}
	code, _, errs := command(t, append(args, "--sweep-strays")...)
	if code != exitFailed || !strings.Contains(errs, "can be removed: "+copied+"\n1 stray objects can be removed, with --execute; 1 are left") || len(links(t, b)) != 3 {
		t.Fatalf("exit code %d, %s", code, errs)
	}
	code, _, errs = command(t, append(args, "--sweep-strays", "--execute")...)
	if left := links(t, b); code != exitFailed || !strings.Contains(errs, "removed "+copied) || !slices.Equal(left, []string{link, other}) {
		t.Fatalf("exit code %d, left %v, %s", code, left, errs)
	}
	if err := b.Delete(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := command(t, append(args, "-o", "json")...); code != exitDone {
		t.Fatalf("exit code %d, %s%s", code, out, errs)
	}
	for _, wrong := range [][]string{{"--execute"}, {"--sweep-strays", "--skip-rows"}} {
		if code, _, _ := command(t, append(args, wrong...)...); code != exitUsage {
			t.Errorf("%v: exit code %d", wrong, code)
		}
	}
}

// TestAuditKnowsWhenTheApplicationBegan puts a record that precedes the chain: whether it is lost depends on the genesis row.
func TestAuditKnowsWhenTheApplicationBegan(t *testing.T) {
	for _, c := range []struct {
		name    string
		genesis *lease.Position
		lost    int64
	}{
		{"unknown", nil, 0},
		{"at the trim horizon", &lease.Position{Type: lease.TrimHorizon}, 1},
		{"before", new(lease.At(1)), 1},
		{"later", new(lease.At(time.Now().Add(time.Hour).UnixMilli())), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := auditedLog(t)
			clients, err := loadClients(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			put, err := clients.kinesis.PutRecord(t.Context(), &kinesis.PutRecordInput{StreamName: new("clicks"), PartitionKey: new("p"), Data: []byte("x")})
			if err != nil {
				t.Fatal(err)
			}
			restart(t, b, *put.SequenceNumber)
			if c.genesis != nil {
				if _, err := infradynamo.NewStore(clients.dynamodb, "shop").Begin(t.Context(), lease.Genesis{Position: *c.genesis}); err != nil {
					t.Fatal(err)
				}
			}
			_, out, errs := command(t, "audit", "--app", "shop", "--stream", "clicks", "--bucket", testBucket, "-o", "json")
			var r audit.Report
			if err := json.Unmarshal([]byte(out), &r); err != nil {
				t.Fatalf("%v: %s", err, errs)
			}
			if s := r.Totals.Stream; s.Records != 1 || s.Lost != c.lost || s.BeforeLog != 1-c.lost {
				t.Errorf("stream %+v, %d lost wanted", s, c.lost)
			}
		})
	}
}

// restart replaces the log by one that begins behind a record.
func restart(t *testing.T, b *infras3.Bucket, behind string) {
	t.Helper()
	for _, key := range append(links(t, b), testLog.StartKey("shardId-000000000000")) {
		if err := b.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	writeLog(t, "shardId-000000000000", nil, testRecord("9"+behind[1:], 0, `{"session_id":"s"}`))
}

// TestExpiredShardIsNoFailure asks for a shard that retention has taken away.
func TestExpiredShardIsNoFailure(t *testing.T) {
	auditedLog(t)
	c, err := loadClients(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stream := expiring{auditStream{infrakinesis.NewStream(c.kinesis, "clicks")}}
	_, err = stream.Iterator(t.Context(), "shardId-000000000007", "")
	if !errors.Is(err, chain.ErrNotFound) || errors.Is(err, chain.ErrRefused) {
		t.Fatalf("iterator of a missing shard: %v", err)
	}
	o := audit.Options{Env: logTestEnv{}, Bucket: infras3.NewBucket(c.s3, testBucket), Layout: testLog, Stream: stream}
	r, err := audit.Run(t.Context(), o)
	if err != nil || !r.Clean() {
		t.Fatalf("%v, %+v", err, r)
	}
}

// expiring lists a shard more than there is.
type expiring struct{ auditStream }

func (e expiring) Shards(ctx context.Context) ([]string, error) {
	ids, err := e.auditStream.Shards(ctx)
	return append(ids, fmt.Sprintf("shardId-%012d", 7)), err
}
