package worker

import (
	"context"
	"errors"
	"time"

	"github.com/vmware/vmware-go-kcl-v2/clientlibrary/config"
	kcl "github.com/vmware/vmware-go-kcl-v2/clientlibrary/interfaces"
	kclworker "github.com/vmware/vmware-go-kcl-v2/clientlibrary/worker"
)

// kclEngine is the vmware-go-kcl-v2 Worker. Its event loop starts one consumer per tick for the shards that the registry grants, and its
// consumers read and deliver. What it knows of leases, iterators and shards is what the files named kcl_*.go tell it.
type kclEngine struct {
	ours *Worker
	kcl  *kclworker.Worker
}

// kclTick is the mean time between two rounds of the event loop, which starts at most one consumer per round.
const kclTick = 20 * time.Millisecond

// kclPause is how long the event loop waits at most when there is nothing to start.
const kclPause = time.Second

// errEnded ends a consumer whose term has ended. It is no failure.
var errEnded = errors.New("term has ended")

func startKCL(w *Worker) (engine, error) {
	w.shards.bell = make(chan struct{}, 1)
	// Lease renewal is off: 2^42 ms are 139 years. 1<<30 would fire after twelve days.
	cfg := config.NewKinesisClientLibConfigWithCredentials(w.cfg.Application, w.cfg.Stream, "local", w.id, nil, nil).
		WithInitialPositionInStream(config.TRIM_HORIZON).
		WithMaxRecords(int(w.cfg.MaxRecords)).
		WithMaxLeasesForWorker(1 << 30).
		WithShardSyncIntervalMillis(int(kclTick / time.Millisecond)).
		WithLeaseRefreshWaitTime(1 << 42).
		WithIdleTimeBetweenReadsInMillis(1).
		WithCallProcessRecordsEvenForEmptyRecordList(true).
		WithLogger(kclLogger{w.log.WithField("component", "kcl")})
	worker := kclworker.NewWorker(kclFactory{w}, cfg).
		WithKinesis(newKCLClient(w)).
		WithCheckpointer(&kclCheckpointer{w})
	return &kclEngine{w, worker}, worker.Start()
}

// run implements engine: the shard waits until the event loop asks for it. One whose term ends before is finished here.
func (e *kclEngine) run(s *shard) {
	context.AfterFunc(s.term.Context(), func() {
		if e.ours.shards.withdraw(s) {
			s.finish()
			e.ours.shards.remove(s)
		}
	})
}

// shutdown implements engine: the event loop and all consumers have ended when it returns.
func (e *kclEngine) shutdown(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.kcl.Shutdown() // waits for its consumers, for ever
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// kclFactory makes the record processors. The KCL names the shard only in Initialize.
type kclFactory struct{ worker *Worker }

// CreateProcessor implements interfaces.IRecordProcessorFactory.
func (f kclFactory) CreateProcessor() kcl.IRecordProcessor { return &kclProcessor{worker: f.worker} }

// kclContext is the context of a shard's calls. The KCL has none to give.
func kclContext(s *shard) context.Context { return s.term.Context() }
