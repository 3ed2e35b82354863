package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/sirupsen/logrus"
	"golang.org/x/sync/errgroup"

	infradynamo "github.com/streamrec/streamrec/infra/dynamo"
	"github.com/streamrec/streamrec/infra/local"
	"github.com/streamrec/streamrec/infra/local/inprocess"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

// TestCrowd is the section crowd of the benchmark. It waits until the leases are spread evenly and have rested, counts what DynamoDB is
// asked, and writes what it found to a file. All workers read an empty stream.
func TestCrowd(t *testing.T) {
	text := os.Getenv(crowdTask)
	if text == "" {
		t.Skip("only for scripts/bench.sh: it needs " + crowdTask)
	}
	var order crowdOrder
	if err := json.Unmarshal([]byte(text), &order); err != nil {
		t.Fatal(err)
	}
	var outcome crowdOutcome
	synctest.Test(t, func(t *testing.T) { outcome = observeCrowd(t, order) })
	result, err := json.Marshal(outcome)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(order.Result, result, 0o600); err != nil {
		t.Fatal(err)
	}
}

func observeCrowd(t *testing.T, order crowdOrder) (o crowdOutcome) {
	l, err := local.New(local.Options{Region: region})
	if err != nil {
		t.Fatal(err)
	}
	m, stream := newMeter(l.Handler(), l.DynamoDB()), emptyStream{order.Shards}
	furnish(t, m, stream)
	ctx, stop := context.WithCancel(t.Context())
	g, ctx := errgroup.WithContext(ctx)
	a, began := &audience{shards: order.Shards, held: map[string]int{}}, time.Now()
	for n := range crowdWorkers {
		g.Go(func() error { return runInCrowd(ctx, m, fmt.Sprintf("w%d", n+1), stream, a) })
	}
	await(t, ctx, "the leases are spread evenly", a.even)
	o.Even = time.Since(began)
	await(t, ctx, "no lease has moved for half a minute", func() bool { return a.still(30 * time.Second) })
	counting := time.Duration(order.Seconds) * time.Second
	before := m.usage()
	time.Sleep(counting)
	o.Idle = m.usage().since(before, counting.Seconds())
	if !a.even() || !a.still(counting) {
		t.Errorf("leases moved while the cost of idleness was counted")
	}
	stop()
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	return o
}

// furnish makes the table, with the rows that an application has after its first start.
func furnish(t *testing.T, m *meter, stream emptyStream) {
	c := inCrowd(m, "setup")
	if err := createTable(t.Context(), c.dynamodb, appName); err != nil {
		t.Fatal(err)
	}
	shards, err := stream.Shards(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	store := infradynamo.NewStore(c.dynamodb, appName)
	for _, s := range shards {
		s.Checkpoint = lease.Position{Type: lease.TrimHorizon}
		if err := store.Create(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
}

func await(t *testing.T, ctx context.Context, what string, cond func() bool) {
	t.Helper()
	for began := time.Now(); !cond(); time.Sleep(100 * time.Millisecond) {
		if ctx.Err() != nil || time.Since(began) > 10*time.Minute {
			t.Fatalf("waited %s in vain until %s", time.Since(began), what)
		}
	}
}

// inCrowd has clients that reach the services without sockets.
func inCrowd(m *meter, accessKey string) clients {
	return clientsOver(aws.Config{
		Region: region, BaseEndpoint: new("https://127.0.0.1"), HTTPClient: inprocess.Client(m),
		Credentials: credentials.NewStaticCredentialsProvider(accessKey, "secret", ""),
	})
}

// runInCrowd runs one of many workers.
func runInCrowd(ctx context.Context, m *meter, name string, stream emptyStream, a *audience) error {
	log := logrus.New()
	log.SetOutput(io.Discard)
	w, err := worker.New(worker.Config{Name: name, Application: appName, Stream: streamName}, worker.Dependencies{
		Store: infradynamo.NewStore(inCrowd(m, name).dynamodb, appName), Stream: stream,
		Factory: func(t *lease.Term) worker.Processor { return &listener{audience: a, worker: name, term: t} }, Log: log, Plain: true,
	})
	if err != nil {
		return err
	}
	return w.Run(ctx)
}
