package main

import (
	"sync"
	"testing"

	"github.com/sirupsen/logrus/hooks/test"
	chk "github.com/vmware/vmware-go-kcl-v2/clientlibrary/checkpoint"
	par "github.com/vmware/vmware-go-kcl-v2/clientlibrary/partition"
)

// Checkpoints of the stock library are told from its renewals, through its real checkpointer.
func TestMeterKnowsStockCheckpoints(t *testing.T) {
	m, c := meterOnNothing(t)
	log, _ := test.NewNullLogger()
	checkpointer := chk.NewDynamoCheckpoint(stockConfig(assignment{Side: stockTuned, Name: "a", Application: appName, Stream: streamName}, log)).
		WithDynamoDB(c.dynamodb)
	if err := checkpointer.Init(); err != nil {
		t.Fatal(err)
	}
	shard := &par.ShardStatus{ID: "s", Mux: &sync.RWMutex{}}
	before := m.usage()
	for range 2 { // it takes, and renews
		if err := checkpointer.GetLease(shard, "a"); err != nil {
			t.Fatal(err)
		}
	}
	shard.SetCheckpoint("7")
	if err := checkpointer.CheckpointSequence(shard); err != nil {
		t.Fatal(err)
	}
	if err := checkpointer.GetLease(shard, "a"); err != nil { // renews with a checkpoint in the row
		t.Fatal(err)
	}
	u := m.usage().since(before, 1)
	if u.Writes != 4 || u.Checkpoints != 1 || u.CheckpointUnits != 1 || u.WriteUnits != 4 || u.Requests != 7 {
		t.Errorf("got %+v, want 3 reads and 4 writes, one of these a checkpoint", u)
	}
}
