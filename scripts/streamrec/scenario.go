package main

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"os"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamrec/streamrec/worker"
)

// act is something that happens to the fleet at a part of the demo's time.
type act struct {
	at   float64
	name string
	do   func(context.Context, clients) error
}

// play lets the acts happen while the shop is open.
func (d *demo) play(ctx context.Context, c clients) error {
	acts := []act{
		{0.20, "crash", d.crash},
		{0.45, "deploy", d.deploy},
		{0.60, "split", d.split},
		{0.75, "merge", d.merge},
	}
	for _, a := range acts {
		if sleep(ctx, time.Until(d.began.Add(time.Duration(a.at*float64(d.duration))))) != nil {
			return nil // the shop has closed
		}
		if err := a.do(ctx, c); err != nil && ctx.Err() == nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
	}
	<-ctx.Done()
	return nil
}

// crash kills the worker that holds most shards, as kill -9 would, and starts another one.
func (d *demo) crash(ctx context.Context, _ clients) error {
	n, shards := d.fleet.crash()
	if n == nil {
		return nil
	}
	d.view.say("worker %s crashes; it had %d shards", n.name, shards)
	return d.fleet.start(context.WithoutCancel(ctx))
}

// deploy replaces the oldest worker: SIGTERM, and a new one.
func (d *demo) deploy(ctx context.Context, _ clients) error {
	name, took, err := d.fleet.replace(context.WithoutCancel(ctx))
	if name != "" {
		d.view.say("worker %s is deployed anew; it handed its shards over in %d ms", name, took.Milliseconds())
	}
	return err
}

// split cuts the widest open shard in two.
func (d *demo) split(ctx context.Context, c clients) error {
	shards, err := openShards(ctx, c)
	if err != nil {
		return err
	}
	widest := slices.MaxFunc(shards, func(a, b types.Shard) int { return width(a).Cmp(width(b)) })
	middle := new(big.Int).Add(hashKey(widest.HashKeyRange.StartingHashKey), hashKey(widest.HashKeyRange.EndingHashKey))
	middle.Rsh(middle, 1)
	d.view.say("shard %s is split", *widest.ShardId)
	_, err = c.kinesis.SplitShard(ctx, &kinesis.SplitShardInput{StreamName: new(demoStream), ShardToSplit: widest.ShardId, NewStartingHashKey: new(middle.String())})
	return err
}

// merge joins the two neighbours that are narrowest together.
func (d *demo) merge(ctx context.Context, c clients) error {
	shards, err := openShards(ctx, c)
	if err != nil || len(shards) < 2 {
		return err
	}
	best := 0
	for i := range len(shards) - 1 {
		sum := new(big.Int).Add(width(shards[i]), width(shards[i+1]))
		if sum.Cmp(new(big.Int).Add(width(shards[best]), width(shards[best+1]))) < 0 {
			best = i
		}
	}
	a, b := shards[best], shards[best+1]
	d.view.say("shards %s and %s are merged", *a.ShardId, *b.ShardId)
	_, err = c.kinesis.MergeShards(ctx, &kinesis.MergeShardsInput{StreamName: new(demoStream), ShardToMerge: a.ShardId, AdjacentShardToMerge: b.ShardId})
	return err
}

// openShards returns the open shards in the order of their hash keys.
func openShards(ctx context.Context, c clients) ([]types.Shard, error) {
	out, err := c.kinesis.ListShards(ctx, &kinesis.ListShardsInput{StreamName: new(demoStream)})
	if err != nil {
		return nil, err
	}
	open := slices.DeleteFunc(out.Shards, func(s types.Shard) bool { return s.SequenceNumberRange.EndingSequenceNumber != nil })
	slices.SortFunc(open, func(a, b types.Shard) int {
		return hashKey(a.HashKeyRange.StartingHashKey).Cmp(hashKey(b.HashKeyRange.StartingHashKey))
	})
	if len(open) == 0 {
		return nil, errors.New("the stream has no open shard")
	}
	return open, nil
}

func width(s types.Shard) *big.Int {
	return new(big.Int).Sub(hashKey(s.HashKeyRange.EndingHashKey), hashKey(s.HashKeyRange.StartingHashKey))
}

func hashKey(s *string) *big.Int {
	n, ok := new(big.Int).SetString(aws.ToString(s), 10)
	if !ok {
		return new(big.Int)
	}
	return n
}

// sleep returns after d, or earlier with the cause of ctx's end.
func sleep(ctx context.Context, d time.Duration) error { return worker.System{}.Sleep(ctx, d) }

func createFile(name string) (*os.File, error) { return os.Create(name) }
