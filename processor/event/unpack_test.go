package event_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/streamrec/streamrec/processor/event"
)

func TestUnpackIsTheInverseOfAggregate(t *testing.T) {
	want := []event.UserRecord{
		{PartitionKey: "a", Data: []byte("1")}, {PartitionKey: "b", ExplicitHashKey: "17", Data: []byte("2")}, {PartitionKey: "a", Data: []byte("3")},
	}
	data, err := event.Aggregate(want)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := event.Unpack(event.Record{PartitionKey: "a", Data: data}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("unpacked %+v, %v; want %+v", got, err, want)
	}
	plain := event.Record{PartitionKey: "k", Data: []byte("plain")}
	if got, err := event.Unpack(plain); err != nil || !reflect.DeepEqual(got, []event.UserRecord{{PartitionKey: "k", Data: plain.Data}}) {
		t.Errorf("a plain record: %+v, %v", got, err)
	}
	data[len(data)-1]++
	damage, ok := errors.AsType[*event.Error](func() error { _, err := event.Unpack(event.Record{Data: data}); return err }())
	if !ok || damage.Class != event.KPLChecksum {
		t.Errorf("a damaged aggregate: %v", damage)
	}
}
