package worker

import kcl "github.com/vmware/vmware-go-kcl-v2/clientlibrary/interfaces"

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

// ProcessRecords implements interfaces.IRecordProcessor. The records are those of the page that the shard has read last: see readShard.
func (p *kclProcessor) ProcessRecords(*kcl.ProcessRecordsInput) {
	p.guard(func() error { return p.shard.process(kclContext(p.shard), p.shard.takePage()) })
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
