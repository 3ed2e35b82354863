package main

import (
	"context"
	"errors"
	"fmt"
	"io"
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

// Of the large fleet.
const (
	crowdShards  = 1000
	crowdWorkers = 20
)

// crowd counts what leases cost where there are many. All workers are in this process, and read an empty stream.
func crowd() section {
	return section{
		name: "crowd", title: "DynamoDB: 1,000 shards, 20 workers in one process",
		sides:   []side{ours, stockTuned, stockDefaults},
		lines:   usageLines("idle", atMost(10)),
		measure: measureCrowd,
	}
}

func measureCrowd(ctx context.Context, c *cell) (out figures, err error) {
	if c.side != ours {
		return derivedCrowd(c.side), nil
	}
	out = newFigures()
	c.say("starting %d workers on %d shards", crowdWorkers, crowdShards)
	l, err := local.New(local.Options{Region: region})
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	m := newMeter(l.Handler(), l.DynamoDB())
	life, stop := context.WithCancel(ctx)
	g, life := errgroup.WithContext(life)
	audience := &audience{held: map[string]int{}}
	for n := range crowdWorkers {
		g.Go(func() error { return runInCrowd(life, m, fmt.Sprintf("w%d", n+1), audience) })
	}
	idle, waited := countCrowd(life, c, m, audience)
	stop()
	if err := errors.Join(g.Wait(), waited); err != nil {
		return out, err
	}
	out.setUsage("idle", idle)
	out.note("streamrec, 1,000 shards and 20 workers: %s", breakdown(idle))
	return out, nil
}

// derivedCrowd computes what the stock library cannot do without: each shard's owner renews its lease by a consistent read of the row
// and a write of it. Every worker also reads the rows of all others' shards, as fast as it can; that comes on top.
func derivedCrowd(s side) figures {
	renewal := 2.5 // s
	if s == stockTuned {
		renewal = tunedRenewal / 1000.
	}
	out := newFigures()
	renewals := crowdShards / renewal
	for id, v := range map[string]float64{"requests": 2 * renewals, "writes": renewals, "read units": renewals, "write units": renewals} {
		out.set("idle "+id, v)
		out.derive("idle " + id)
	}
	return out
}

// countCrowd waits until all shards have an owner and none has moved for a while, and counts.
func countCrowd(ctx context.Context, c *cell, m *meter, a *audience) (usage, error) {
	system := worker.System{}
	for began := time.Now(); !a.settled(time.Duration(c.pick(8, 2, 8)) * time.Second); {
		if time.Since(began) > 2*time.Minute {
			return usage{}, fmt.Errorf("waited 2m in vain until all shards have an owner; they are %d", a.total())
		}
		if err := system.Sleep(ctx, 5*glance); err != nil {
			return usage{}, err
		}
	}
	c.say("counting, idle")
	began, before := time.Now(), m.usage()
	if err := system.Sleep(ctx, time.Duration(c.pick(40, 8, 40))*time.Second); err != nil {
		return usage{}, err
	}
	u := m.usage().since(before, time.Since(began).Seconds())
	if n := a.total(); n != crowdShards {
		return u, fmt.Errorf("%d of %d shards have an owner after the count: it was not idle", n, crowdShards)
	}
	return u, nil
}

// runInCrowd runs one of many workers.
func runInCrowd(ctx context.Context, m *meter, name string, a *audience) error {
	c := clientsOver(aws.Config{
		Region: region, BaseEndpoint: new("https://127.0.0.1"), HTTPClient: inprocess.Client(m),
		Credentials: credentials.NewStaticCredentialsProvider(name, "secret", ""),
	})
	if err := createTable(ctx, c.dynamodb, appName); err != nil {
		return err
	}
	log := logrus.New()
	log.SetOutput(io.Discard)
	w, err := worker.New(worker.Config{Name: name, Application: appName, Stream: streamName}, worker.Dependencies{
		Store: infradynamo.NewStore(c.dynamodb, appName), Stream: emptyStream{},
		Factory: func(t *lease.Term) worker.Processor { return &listener{audience: a, worker: name, term: t} }, Log: log,
	})
	if err != nil {
		return err
	}
	return w.Run(ctx)
}
