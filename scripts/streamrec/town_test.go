package main

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	infradynamo "github.com/streamrec/streamrec/infra/dynamo"
	"github.com/streamrec/streamrec/infra/local"
	"github.com/streamrec/streamrec/worker/lease"
)

// town is a stream and a lease table in this process, in which every state of shards and workers occurs.
type town struct {
	t *testing.T
	clients
	store *infradynamo.Store
	first string // sequence number of the first of two records in shard 0
}

// newTown is called in a bubble: all times are those of its clock.
func newTown(t *testing.T) *town {
	t.Helper()
	services, err := local.New(local.Options{Streams: map[string]int64{"clicks": 6}})
	must(t, err)
	t.Cleanup(func() { must(t, services.Close()) })
	c := newClients(services.Config("status"))
	must(t, infradynamo.Create(t.Context(), c.dynamodb, "shop"))
	town := &town{t: t, clients: c, store: infradynamo.NewStore(c.dynamodb, "shop")}
	town.first = town.put()
	time.Sleep(3 * time.Second)
	town.put()
	town.reshard("shardId-000000000004", "shardId-000000000005")
	time.Sleep(7 * time.Second)
	town.settle()
	return town
}

// put puts a record into the first shard.
func (w *town) put() (sequence string) {
	out, err := w.kinesis.PutRecord(w.t.Context(), &kinesis.PutRecordInput{
		StreamName: new("clicks"), PartitionKey: new("p"), ExplicitHashKey: new("0"), Data: []byte("{}"),
	})
	must(w.t, err)
	return *out.SequenceNumber
}

// reshard splits shards in the middle of their hash ranges, sixths of the whole.
func (w *town) reshard(shards ...string) {
	middles := []string{"255211775190703847597530955573826158592", "311925503011415813730315612368009748480"}
	for i, shard := range shards {
		_, err := w.kinesis.SplitShard(w.t.Context(), &kinesis.SplitShardInput{
			StreamName: new("clicks"), ShardToSplit: &shard, NewStartingHashKey: &middles[i],
		})
		must(w.t, err)
	}
}

// settle writes the rows of the table.
func (w *town) settle() {
	id := func(n byte) string { return "shardId-00000000000" + string('0'+n) }
	start, now := lease.Position{Type: lease.TrimHorizon}, time.Now().UnixMilli()
	for _, l := range []lease.Lease{
		{Key: id(0), Owner: "steady", Counter: 3, Checkpoint: lease.After(w.first, 0), CheckpointAt: now - 4000, Rate: 12.5},
		{Key: id(1), Counter: 2, Checkpoint: start},
		{Key: id(2), Counter: 7, Checkpoint: start, Stopped: "record 17 is past retention"},
		{Key: id(3), Owner: "departed", Counter: 1, Checkpoint: start},
		{Key: id(4), Counter: 2, Checkpoint: lease.Position{Type: lease.ShardEnd}, CheckpointAt: now - 6000, Children: []string{id(6), id(7)}},
		{Key: id(5), Owner: "leaver", Counter: 1, Checkpoint: start},
		{Key: id(6), Owner: "quiet", Counter: 1, Checkpoint: start, Parents: []string{id(4)}},
		{Key: id(7), Owner: "steady", Counter: 1, Checkpoint: start, Parents: []string{id(4)}},
		{Key: id(8), Checkpoint: start, Parents: []string{id(5)}},
	} {
		must(w.t, w.store.Create(w.t.Context(), l))
	}
	for _, r := range []lease.Worker{
		{ID: "asker", Counter: 5, At: now - 100},
		{ID: "leaver", Counter: 6, At: now - 200, Leaving: true, Failover: 5 * time.Second},
		{ID: "quiet", Counter: 7, At: now - 60_000},
		{ID: "steady", Counter: 8, At: now - 1500, Rate: 12.5, Address: "10.0.0.1:8080", Failover: 5 * time.Second},
	} {
		must(w.t, w.store.Register(w.t.Context(), r))
	}
	must(w.t, w.store.Request(w.t.Context(), "steady", id(7), "asker"))
	must(w.t, w.store.Request(w.t.Context(), "steady", id(3), "asker")) // of a time when it had that
}

func (w *town) lookout() *lookout {
	return newLookout(w.clients, statusOptions{app: "shop", stream: "clicks", failover: 5 * time.Second, lagInterval: 10 * time.Second, noUpstream: true})
}
