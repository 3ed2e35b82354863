package main

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/sirupsen/logrus"
	chk "github.com/vmware/vmware-go-kcl-v2/clientlibrary/checkpoint"
	kcl "github.com/vmware/vmware-go-kcl-v2/clientlibrary/interfaces"
	kclworker "github.com/vmware/vmware-go-kcl-v2/clientlibrary/worker"
)

// runPlain runs a worker of vmware-go-kcl-v2 as one writes it in an afternoon, until ctx ends: events are decoded by encoding/json, counted by product,
// and written as lines of JSON under gzip; each batch is checkpointed. It recommends nothing.
func runPlain(ctx context.Context, a assignment, c clients, log logrus.FieldLogger) error {
	cfg := stockConfig(a, log)
	var done atomic.Int64
	if err := answer(ctx, a.Admin, &done); err != nil {
		return err
	}
	w := kclworker.NewWorker(plainFactory{&done, log}, cfg).
		WithKinesis(c.kinesis).
		WithCheckpointer(chk.NewDynamoCheckpoint(cfg).WithDynamoDB(c.dynamodb))
	if err := w.Start(); err != nil {
		return fmt.Errorf("start stock worker: %w", err)
	}
	<-ctx.Done()
	w.Shutdown()
	return nil
}

type plainFactory struct {
	done *atomic.Int64
	log  logrus.FieldLogger
}

// CreateProcessor implements interfaces.IRecordProcessorFactory.
func (f plainFactory) CreateProcessor() kcl.IRecordProcessor {
	return &plainProcessor{done: f.done, log: f.log, products: map[string]int{}, out: gzip.NewWriter(io.Discard)}
}

// plainEvent is an event as encoding/json reads it.
type plainEvent struct {
	SessionID      string       `json:"session_id"`
	CustomerNumber int64        `json:"customer_number"`
	City           string       `json:"city"`
	Country        string       `json:"country"`
	CreditLimit    float64      `json:"credit_limit"`
	EventID        string       `json:"event_id"`
	BrowseHistory  []plainEntry `json:"browse_history"`
}

type plainEntry struct {
	ProductCode    string `json:"product_code"`
	Quantity       any    `json:"quantity"` // shops send numbers and strings
	InShoppingCart bool   `json:"in_shopping_cart"`
	Category       string `json:"category,omitempty"`
	Event          string `json:"event,omitempty"`
}

type plainProcessor struct {
	done     *atomic.Int64
	log      logrus.FieldLogger
	products map[string]int
	out      *gzip.Writer
}

// Initialize implements interfaces.IRecordProcessor.
func (p *plainProcessor) Initialize(*kcl.InitializationInput) {}

// ProcessRecords implements interfaces.IRecordProcessor.
func (p *plainProcessor) ProcessRecords(in *kcl.ProcessRecordsInput) {
	if len(in.Records) == 0 {
		return
	}
	lines := json.NewEncoder(p.out)
	for i := range in.Records {
		var e plainEvent
		if err := json.Unmarshal(in.Records[i].Data, &e); err != nil {
			p.log.WithError(err).Error("decode event")
			continue
		}
		p.count(&e)
		if err := lines.Encode(e); err != nil {
			p.log.WithError(err).Error("write event")
		}
	}
	if err := in.Checkpointer.Checkpoint(in.Records[len(in.Records)-1].SequenceNumber); err != nil {
		p.log.WithError(err).Error("checkpoint")
	}
	p.done.Add(int64(len(in.Records)))
}

func (p *plainProcessor) count(e *plainEvent) {
	for _, x := range e.BrowseHistory {
		p.products[x.ProductCode]++
	}
}

// Shutdown implements interfaces.IRecordProcessor.
func (p *plainProcessor) Shutdown(*kcl.ShutdownInput) {}
