package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/sirupsen/logrus"
	chk "github.com/vmware/vmware-go-kcl-v2/clientlibrary/checkpoint"
	"github.com/vmware/vmware-go-kcl-v2/clientlibrary/config"
	kcl "github.com/vmware/vmware-go-kcl-v2/clientlibrary/interfaces"
	kclworker "github.com/vmware/vmware-go-kcl-v2/clientlibrary/worker"
	"github.com/vmware/vmware-go-kcl-v2/logger"
)

// Of the stock library tuned to a failover time of 5 s.
const (
	tunedFailover  = 5000 // ms
	tunedRenewal   = 1500
	tunedShardSync = 1000
	tunedIdle      = 200
	tunedSteal     = 3000
	tunedStealSync = 1500
)

// runStock runs a worker of vmware-go-kcl-v2 with its own checkpointer until ctx ends.
func runStock(ctx context.Context, a assignment, c clients, d *diary, log logrus.FieldLogger) error {
	cfg := stockConfig(a, log)
	w := kclworker.NewWorker(stockFactory{d, log}, cfg).
		WithKinesis(c.kinesis).
		WithCheckpointer(chk.NewDynamoCheckpoint(cfg).WithDynamoDB(c.dynamodb))
	if err := w.Start(); err != nil {
		return fmt.Errorf("start stock worker: %w", err)
	}
	<-ctx.Done()
	w.Shutdown()
	return nil
}

// stockConfig begins at TRIM_HORIZON in both settings: LATEST, the default, skips what is put before a shard has an owner, and nothing
// could be compared.
func stockConfig(a assignment, log logrus.FieldLogger) *config.KinesisClientLibConfiguration {
	cfg := config.NewKinesisClientLibConfigWithCredentials(a.Application, a.Stream, region, a.Name, nil, nil).
		WithInitialPositionInStream(config.TRIM_HORIZON).
		WithLogger(logger.NewLogrusLogger(log))
	if a.Side == stockDefaults {
		return cfg
	}
	cfg.ParentShardPollIntervalMillis = tunedShardSync
	return cfg.WithShardSyncIntervalMillis(tunedShardSync).
		WithFailoverTimeMillis(tunedFailover).
		WithLeaseRefreshPeriodMillis(tunedRenewal).
		WithLeaseRefreshWaitTime(tunedRenewal).
		WithIdleTimeBetweenReadsInMillis(tunedIdle).
		WithLeaseStealing(true).
		WithLeaseStealingIntervalMillis(tunedSteal).
		WithLeaseSyncingIntervalMillis(tunedStealSync)
}

// stockFactory makes the stock library's record processors.
type stockFactory struct {
	diary *diary
	log   logrus.FieldLogger
}

// CreateProcessor implements interfaces.IRecordProcessorFactory.
func (f stockFactory) CreateProcessor() kcl.IRecordProcessor {
	return &stockProcessor{diary: f.diary, log: f.log}
}

// stockProcessor does what processor does, for the stock library: its methods cannot fail, so failures are logged.
type stockProcessor struct {
	diary *diary
	log   logrus.FieldLogger
	shard string
}

// Initialize implements interfaces.IRecordProcessor.
func (p *stockProcessor) Initialize(in *kcl.InitializationInput) {
	p.shard = in.ShardId
	p.check("note opening", p.diary.note(opened, p.shard, "-"))
}

// ProcessRecords implements interfaces.IRecordProcessor.
func (p *stockProcessor) ProcessRecords(in *kcl.ProcessRecordsInput) {
	if len(in.Records) == 0 {
		return
	}
	for i := range in.Records {
		p.check("note record", p.diary.note(record, p.shard, aws.ToString(in.Records[i].SequenceNumber)))
	}
	p.check("checkpoint", in.Checkpointer.Checkpoint(in.Records[len(in.Records)-1].SequenceNumber))
}

// Shutdown implements interfaces.IRecordProcessor.
func (p *stockProcessor) Shutdown(in *kcl.ShutdownInput) {
	if in.ShutdownReason == kcl.TERMINATE {
		p.check("checkpoint end", in.Checkpointer.Checkpoint(nil))
	}
}

func (p *stockProcessor) check(doing string, err error) {
	if err != nil {
		p.log.WithField("shard", p.shard).WithError(err).Error(doing)
	}
}
