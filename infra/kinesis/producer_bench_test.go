package kinesis

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// instantAPI takes everything at once; what remains is the cost of the producer itself.
type instantAPI struct{ results []types.PutRecordsResultEntry }

func (a instantAPI) PutRecords(_ context.Context, in *kinesis.PutRecordsInput, _ ...func(*kinesis.Options)) (*kinesis.PutRecordsOutput, error) {
	return &kinesis.PutRecordsOutput{Records: a.results[:len(in.Records)]}, nil
}

// BenchmarkProducerPut measures one record from Put to Ack.
func BenchmarkProducerPut(b *testing.B) {
	api := instantAPI{results: make([]types.PutRecordsResultEntry, 500)}
	for i := range api.results {
		api.results[i] = types.PutRecordsResultEntry{ShardId: new("shardId-000000000000"), SequenceNumber: new("49590338271490256608559692538361571095921575989136588898")}
	}
	keys := make([]string, 5000)
	for i := range keys {
		keys[i] = fmt.Sprintf("session-%d", i)
	}
	data := make([]byte, 400)
	acked := 0
	p, err := NewProducer(b.Context(), api, ProducerOptions{Stream: "clicks", Acknowledged: func(Ack) { acked++ }})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if err := p.Put(b.Context(), Record{Key: keys[n%len(keys)], Data: data}); err != nil {
			b.Fatal(err)
		}
		n++
	}
	if err := p.Close(b.Context()); err != nil || acked != n {
		b.Fatalf("%d of %d acknowledged: %v", acked, n, err)
	}
}
