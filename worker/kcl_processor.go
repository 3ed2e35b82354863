package worker

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	kcl "github.com/vmware/vmware-go-kcl-v2/clientlibrary/interfaces"
)

// kclProcessor is the KCL's record processor of one consumer. Its methods cannot fail, so a failure ends the term, and with it,
// at the next read, the consumer.
type kclProcessor struct {
	worker *Worker
	shard  *shard
}

// Initialize implements interfaces.IRecordProcessor. The shard was opened when the consumer asked for its iterator.
func (p *kclProcessor) Initialize(in *kcl.InitializationInput) {
	p.shard = p.worker.shards.running(in.ShardId)
}

// ProcessRecords implements interfaces.IRecordProcessor.
func (p *kclProcessor) ProcessRecords(in *kcl.ProcessRecordsInput) {
	page := Page{Records: make([]Record, len(in.Records)), MillisBehindLatest: in.MillisBehindLatest}
	for i := range in.Records {
		page.Records[i] = unwrapRecord(&in.Records[i])
	}
	p.guard(func() error { return p.shard.process(kclContext(p.shard), page) })
}

// Shutdown implements interfaces.IRecordProcessor. TERMINATE is the end of the shard. Every other end runs through
// RemoveLeaseOwner, which the KCL calls whatever happened.
func (p *kclProcessor) Shutdown(in *kcl.ShutdownInput) {
	if in.ShutdownReason == kcl.TERMINATE {
		p.guard(func() error { return p.shard.end(kclContext(p.shard)) })
	}
}

// guard turns an error or a panic into the end of the term. After the term has ended nothing is processed any more.
func (p *kclProcessor) guard(f func() error) {
	if p.shard == nil || p.shard.term.Context().Err() != nil {
		return
	}
	if err := unpanicked(f); err != nil {
		p.shard.fail(err)
	}
}

// wrapRecord gives a record to the KCL. The KCL would deaggregate KPL records itself, drop the whole batch when one is damaged,
// and lose explicit hash keys; so what looks like an aggregate, behind any number of zero bytes, gets one more zero byte.
func wrapRecord(r *Record) types.Record {
	data := r.Data
	if looksAggregated(data) {
		data = append([]byte{0}, data...)
	}
	return types.Record{
		SequenceNumber: &r.SequenceNumber, PartitionKey: &r.PartitionKey, ApproximateArrivalTimestamp: &r.Arrival, Data: data,
	}
}

// unwrapRecord is the inverse of wrapRecord.
func unwrapRecord(r *types.Record) Record {
	data := r.Data
	if len(data) > 0 && data[0] == 0 && looksAggregated(data) {
		data = data[1:]
	}
	var arrival time.Time
	if r.ApproximateArrivalTimestamp != nil {
		arrival = *r.ApproximateArrivalTimestamp
	}
	return Record{SequenceNumber: aws.ToString(r.SequenceNumber), PartitionKey: aws.ToString(r.PartitionKey), Arrival: arrival, Data: data}
}

// looksAggregated reports whether data is zero bytes followed by the magic number of a KPL aggregate.
func looksAggregated(data []byte) bool {
	for len(data) > 0 && data[0] == 0 {
		data = data[1:]
	}
	return len(data) >= 4 && data[0] == 0xF3 && data[1] == 0x89 && data[2] == 0x9A && data[3] == 0xC2
}
