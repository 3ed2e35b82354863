package worker_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/sirupsen/logrus"

	infradynamo "github.com/streamrec/streamrec/infra/dynamo"
	infrakinesis "github.com/streamrec/streamrec/infra/kinesis"
	"github.com/streamrec/streamrec/infra/local"
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

// cloud is Kinesis and DynamoDB in this process, with the real clients of the SDK. Yours come from config.LoadDefaultConfig.
type cloud struct {
	kinesis  *kinesis.Client
	dynamodb *dynamodb.Client
}

// newCloud has the stream "clicks", of one shard, and the lease table "app".
func newCloud(ctx context.Context) *cloud {
	services, err := local.New(local.Options{Streams: map[string]int64{"clicks": 1}})
	check(err)
	cfg := services.Config("example")
	c := &cloud{kinesis.NewFromConfig(cfg), dynamodb.NewFromConfig(cfg)}
	check(infradynamo.Create(ctx, c.dynamodb, "app"))
	check(infradynamo.Check(ctx, c.dynamodb, "app", worker.System{}.Sleep)) // waits until it is there
	return c
}

func (c *cloud) put(ctx context.Context, records ...string) {
	for _, r := range records {
		_, err := c.kinesis.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: new("clicks"), PartitionKey: new("k"), Data: []byte(r)})
		check(err)
	}
}

// worker returns a worker; run as many as you like, in as many processes.
func (c *cloud) worker(name string, factory worker.Factory) *worker.Worker {
	log := logrus.New()
	log.SetOutput(io.Discard)
	w, err := worker.New(worker.Config{Name: name, Application: "app", Stream: "clicks"}, worker.Dependencies{
		Store: infradynamo.NewStore(c.dynamodb, "app"), Stream: infrakinesis.NewStream(c.kinesis, "clicks"), Factory: factory, Log: log,
	})
	check(err)
	return w
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// printer is the least that a consumer can be: it prints records, and checkpoints after each page.
type printer struct {
	worker.Eager
	done func() // called after the record "last"
}

// Process implements worker.Processor.
func (p printer) Process(ctx context.Context, page worker.Page) error {
	for _, r := range page.Records {
		users, err := event.Unpack(r) // one, or those of a KPL aggregate
		if err != nil {
			return fmt.Errorf("unpack record %s: %w", r.SequenceNumber, err)
		}
		for sub, u := range users {
			fmt.Println(sub, string(u.Data))
			if string(u.Data) == "last" {
				defer p.done()
			}
		}
	}
	return p.Checkpoint(ctx, page)
}

// A minimal consumer. One of the Kinesis records is an aggregate, as the KPL makes them.
func Example() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	c := newCloud(ctx)
	aggregate, err := event.Aggregate([]event.UserRecord{{PartitionKey: "k", Data: []byte("one")}, {PartitionKey: "k", Data: []byte("two")}})
	check(err)
	c.put(ctx, "zero", string(aggregate), "last")

	w := c.worker("printer", func(t *lease.Term) worker.Processor { return printer{worker.Eager{Term: t}, stop} })
	fmt.Println(w.Run(ctx)) // until ctx ends, as after SIGTERM; then its shards have been handed over
	// Output:
	// 0 zero
	// 0 one
	// 1 two
	// 0 last
	// <nil>
}

// database is a place outside of the lease table. It keeps the position with the data, and refuses tokens that are lower than one it has seen.
// In SQL: UPDATE shard SET token = $2, position = $3 WHERE id = $1 AND token <= $2, in the transaction that inserts the rows.
type database struct {
	mu       sync.Mutex
	token    int64
	position lease.Position
	rows     []string
}

var errFenced = errors.New("a later owner has been here")

// claim is the first thing that an owner does. From then on earlier owners can write nothing.
func (d *database) claim(token int64) (lease.Position, error) {
	return d.write(token, lease.Position{}, nil)
}

// write stores rows and the position after them, both or neither.
func (d *database) write(token int64, at lease.Position, rows []string) (lease.Position, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if token < d.token {
		return d.position, errFenced
	}
	d.token = token
	if len(rows) > 0 {
		d.position, d.rows = at, append(d.rows, rows...)
	}
	return d.position, nil
}

// archiver writes every record into the database exactly once, whatever happens to workers and leases.
type archiver struct {
	worker.Eager
	db   *database
	done func()
}

// Open implements worker.Processor: the database knows better than the lease how far the shard is.
func (a archiver) Open(ctx context.Context) (lease.Position, error) {
	at, err := a.db.claim(a.Term.Counter())
	if err != nil || at.Type != "" {
		return at, err
	}
	return a.Eager.Open(ctx)
}

// Process implements worker.Processor.
func (a archiver) Process(ctx context.Context, page worker.Page) error {
	end, ok := page.End()
	if !ok {
		return nil
	}
	rows := make([]string, len(page.Records))
	for i, r := range page.Records {
		rows[i] = string(r.Data)
	}
	if _, err := a.db.write(a.Term.Counter(), end, rows); err != nil {
		return err
	}
	if rows[len(rows)-1] == "last" {
		defer a.done()
	}
	return a.Checkpoint(ctx, page) // for those who look at the lease table; losing it loses nothing
}

// The lease counter as fencing token of an external store: effects are exactly-once.
func ExampleProcessor_fencing() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	c, db := newCloud(ctx), &database{}
	c.put(ctx, "first", "last")

	w := c.worker("archiver", func(t *lease.Term) worker.Processor { return archiver{worker.Eager{Term: t}, db, stop} })
	check(w.Run(ctx))
	fmt.Println(db.rows)
	_, err := db.claim(db.token + 1) // the next owner
	fmt.Println(err)
	_, err = db.write(db.token-1, lease.Position{}, []string{"late"}) // the old one wakes up
	fmt.Println(err, db.rows)
	// Output:
	// [first last]
	// <nil>
	// a later owner has been here [first last]
}

// collector holds records back and commits many at a time: at the latest when it is drained.
type collector struct {
	worker.Eager
	name string
	done func()
	held []worker.Record
}

// Process implements worker.Processor.
func (c *collector) Process(_ context.Context, page worker.Page) error {
	c.held = append(c.held, page.Records...)
	if n := len(c.held); n > 0 && len(page.Records) > 0 && c.held[n-1].Data[0] == '!' {
		c.done()
	}
	return nil
}

// Idle implements worker.Processor.
func (c *collector) Idle() bool { return len(c.held) == 0 }

// Flush implements worker.Processor.
func (c *collector) Flush(ctx context.Context) error { return c.Drain(ctx) }

// Drain implements worker.Processor. The lease is still this worker's, and its next owner waits for the end of this.
func (c *collector) Drain(ctx context.Context) error {
	for _, r := range c.held {
		fmt.Println(c.name, string(r.Data))
	}
	err := c.Checkpoint(ctx, worker.Page{Records: c.held})
	c.held = nil
	return err
}

// A worker that leaves commits what it has and hands the shard over: the next one begins behind it.
func ExampleProcessor_shutdown() {
	c := newCloud(context.Background())
	for _, name := range []string{"blue", "green"} { // a deployment: green takes the place of blue
		ctx, stop := context.WithCancel(context.Background()) // signal.NotifyContext, in a program
		c.put(ctx, name+" may process this", "!")
		w := c.worker(name, func(t *lease.Term) worker.Processor {
			return &collector{Eager: worker.Eager{Term: t}, name: name, done: stop}
		})
		check(w.Run(ctx))
	}
	// Output:
	// blue blue may process this
	// blue !
	// green green may process this
	// green !
}

// witness tells how its terms end.
type witness struct {
	worker.Eager
	done func()
}

// Process implements worker.Processor.
func (w witness) Process(context.Context, worker.Page) error {
	if w.Term.Counter() == 1 {
		return errors.New("disk is full")
	}
	w.done()
	return nil
}

// Close implements worker.Processor.
func (w witness) Close() {
	cause := context.Cause(w.Term.Context())
	fmt.Printf("counter %d: %v; may commit: %t\n", w.Term.Counter(), cause, lease.MayCommit(cause))
	switch {
	case errors.Is(cause, lease.ErrShutdownRequested), errors.Is(cause, lease.ErrHandOff):
		fmt.Println("Drain has been called")
	case errors.Is(cause, lease.ErrLeaseLost):
		fmt.Println("another worker may have the shard already")
	case errors.Is(cause, lease.ErrProcessorFailed):
		fmt.Println("the lease is released, and taken again after a pause")
	}
}

// The cause of the context's end says what may still be done. Each term has a counter of its own: a release raises it, and so does a take.
func ExampleProcessor_cause() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	c := newCloud(ctx)
	w := c.worker("witness", func(t *lease.Term) worker.Processor { return witness{worker.Eager{Term: t}, stop} })
	check(w.Run(ctx))
	// Output:
	// counter 1: processor has failed: process records: disk is full; may commit: false
	// the lease is released, and taken again after a pause
	// counter 3: shutdown requested; may commit: true
	// Drain has been called
}
