package main

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	infradynamo "github.com/streamrec/streamrec/infra/dynamo"
	"github.com/streamrec/streamrec/infra/local"
	"github.com/streamrec/streamrec/infra/local/inprocess"
	"github.com/streamrec/streamrec/worker/lease"
)

func meterOnNothing(t *testing.T) (*meter, clients) {
	t.Helper()
	l, err := local.New(local.Options{Region: region})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	m := newMeter(l.Handler(), l.DynamoDB())
	return m, clientsOver(aws.Config{
		Region: region, BaseEndpoint: new("https://127.0.0.1"), HTTPClient: inprocess.Client(m),
		Credentials: credentials.NewStaticCredentialsProvider("x", "secret", ""),
	})
}

// Checkpoints of streamrec are told from takes and heartbeats, through its real store.
func TestMeterKnowsOurCheckpoints(t *testing.T) {
	m, c := meterOnNothing(t)
	if err := createTable(t.Context(), c.dynamodb, appName); err != nil {
		t.Fatal(err)
	}
	store := infradynamo.NewStore(c.dynamodb, appName)
	free := lease.Lease{Key: "s", Checkpoint: lease.Position{Type: lease.TrimHorizon}}
	taken := free
	taken.Owner, taken.Counter = "a", 1
	ahead := taken
	ahead.Checkpoint = lease.After("7", 0)
	before := m.usage()
	for _, do := range []func() error{
		func() error { return store.Create(t.Context(), free) },
		func() error { return store.Register(t.Context(), lease.Worker{ID: "a", Counter: 1}) },
		func() error { return store.Update(t.Context(), &free, &taken) },
		func() error { return store.Update(t.Context(), &taken, &ahead) },
		func() error { _, err := store.Workers(t.Context()); return err },
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	u := m.usage().since(before, 1)
	if u.Requests != 5 || u.Writes != 4 || u.Checkpoints != 1 || u.WriteUnits != 4 || u.CheckpointUnits != 1 || u.ReadUnits != 1 {
		t.Errorf("got %+v, want 5 requests, 4 of them writes, one of these a checkpoint, and a unit for each", u)
	}
	if u.ByKind["checkpoint"] != 1 || u.ByKind["UpdateItem lease"] != 1 || u.ByKind["Query worker"] != 1 {
		t.Errorf("by kind: %v", u.ByKind)
	}
}
