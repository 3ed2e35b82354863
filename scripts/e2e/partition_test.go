package e2e

import (
	"context"
	"strings"
	"testing"
	"time"
)

// partitionFailover is the failover time of a fleet that is cut apart.
const partitionFailover = 2 * time.Second

// partition is a fault between one worker and the services.
type partition struct {
	name  string
	fault Fault
	loses bool // the worker cannot keep its leases
	pause bool // it is stopped while a request is under way, and wakes up when others have gone on
	first bool // that request takes effect before the first one of those who have gone on
}

func partitions() []partition {
	dynamo, objects, stream := []string{"dynamodb"}, []string{"s3"}, []string{"kinesis"}
	puts := []string{"PutObject"}
	late := commits("late")
	return []partition{
		{name: "DynamoDB cuts connections", fault: Fault{Services: dynamo, Effect: "cut"}, loses: true},
		{name: "DynamoDB does not answer", fault: Fault{Services: dynamo, Effect: "hang"}, loses: true},
		{name: "S3 cuts connections", fault: Fault{Services: objects, Effect: "cut"}},
		{name: "S3 loses answers", fault: Fault{Services: objects, Operations: puts, Effect: "lose-answer"}},
		{name: "S3 writes too late", fault: late, loses: true, pause: true},
		{name: "S3 writes late but first", fault: late, loses: true, pause: true, first: true},
		{name: "Kinesis does not answer", fault: Fault{Services: stream, Effect: "hang"}},
		{name: "everything is cut", fault: Fault{Effect: "cut"}, loses: true},
	}
}

// commits is a fault of the writing of links.
func commits(effect string) Fault {
	return Fault{Operations: []string{"PutObject"}, Prefix: App + "/gen=", Effect: effect, Wait: "1m"}
}

// TestPartition cuts one worker off one service for longer than its leases last, while it can reach the others and events
// keep coming. Whatever it does meanwhile and afterwards, every record is in the bucket once.
func TestPartition(t *testing.T) {
	needProcesses(t)
	for _, p := range partitions() {
		t.Run(strings.ReplaceAll(p.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			oracle, ctx := NewOracle(t), Bounded(t, 90*time.Second)
			stack := NewStack(ctx, t, "--limits=off", "--faults")
			stack.CreateStream(ctx, 4)
			stack.CreateBucket(ctx)
			fleet := NewFleet(stack, App, "--no-privacy", "--failover-time", partitionFailover.String(), "--flush-age", "300ms")
			victim := fleet.Start("a")
			fleet.AwaitShare(ctx, victim, fleet.Start("b"))
			file := EventFile(t, 100_000, 5)
			traffic := stack.Produce(file, 500)
			NewProgress(fleet).Await(ctx, 500)

			p.strike(ctx, fleet, victim)
			fleet.AwaitShare(ctx, victim)
			put := traffic.Finish(ctx)
			fleet.Drain(ctx, put)
			oracle.JudgeTraffic(ctx, fleet, traffic, Truncated(t, file, put))
		})
	}
}

// strike lets the fault happen to a worker for twice the failover time, and until its consequences show.
func (p partition) strike(ctx context.Context, f *Fleet, victim *Worker) {
	s := f.stack
	s.t.Helper()
	p.fault.AccessKey = victim.AccessKey
	held, began := victim.Held(), time.Now()
	var others []int
	if p.first {
		others = f.holdCommits(ctx, victim)
	}
	rule := s.Break(ctx, p.fault)
	s.AwaitHits(ctx, rule)
	switch {
	case p.first:
		victim.Freeze()
		f.AwaitReaders(ctx, held, victim, began)
		written := s.LinksOf(ctx, f.app, held)
		s.Heal(ctx, rule) // now the write takes effect
		s.AwaitMore(ctx, f.app, held, written)
		s.Heal(ctx, others...) // and now those of the others are tried
		f.AssertReopening(ctx, held, victim, began)
		victim.Thaw()
	case p.pause:
		victim.Freeze()
		f.AwaitHeirs(ctx, held, victim, began)
		s.Heal(ctx, rule)
		victim.Thaw()
	case p.loses:
		f.AwaitHeirs(ctx, held, victim, began)
		fallthrough
	default:
		outlast(ctx, s.t, began, 2*partitionFailover)
		s.Heal(ctx, rule)
	}
	if p.loses {
		victim.AwaitLoss(ctx, held, began)
	}
}

// holdCommits lets no worker but one write links, until the rules that it returns are healed.
func (f *Fleet) holdCommits(ctx context.Context, except *Worker) (rules []int) {
	f.stack.t.Helper()
	for _, w := range f.working() {
		if w != except {
			hang := commits("hang")
			hang.AccessKey = w.AccessKey
			rules = append(rules, f.stack.Break(ctx, hang))
		}
	}
	return rules
}

// outlast waits until a trouble has lasted for d: its length is what is tested.
func outlast(ctx context.Context, t *testing.T, began time.Time, d time.Duration) {
	t.Helper()
	Until(ctx, t, "the trouble has lasted "+d.String(), func() (bool, string) {
		lasted := time.Since(began)
		return lasted >= d, lasted.String()
	})
}
