package lease_test

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/streamrec/streamrec/worker/lease"
)

// BenchmarkDecide prints what one look of one worker costs, in a fleet at rest and in three that are not.
func BenchmarkDecide(b *testing.B) {
	for _, size := range []struct{ leases, workers int }{{1000, 100}, {10_000, 500}} {
		for _, c := range []struct {
			name string
			set  func(r *rand.Rand, l *lease.Lease, i, workers int)
		}{
			{"at rest", func(r *rand.Rand, l *lease.Lease, i, n int) { l.Owner, l.Rate = worker(i%n), 100*(0.8+0.4*r.Float64()) }},
			{"skewed", func(r *rand.Rand, l *lease.Lease, i, n int) { l.Owner, l.Rate = worker(r.IntN(n)), 100*r.ExpFloat64() }},
			{"one dead", func(r *rand.Rand, l *lease.Lease, i, n int) {
				l.Owner, l.Rate = worker(i%(n+1)), 100*(0.8+0.4*r.Float64())
			}},
			{"half join", func(r *rand.Rand, l *lease.Lease, i, n int) { l.Owner, l.Rate = worker(i%(n/2)), 100*r.ExpFloat64() }},
			{"cold start", func(*rand.Rand, *lease.Lease, int, int) {}},
		} {
			b.Run(fmt.Sprintf("%s/%dx%d", c.name, size.leases, size.workers), func(b *testing.B) {
				v := lease.View{
					Me: worker(0), Failover: 5 * time.Second, Moves: 8, Alive: map[string]lease.Worker{},
					Unchanged: func(string) time.Duration { return time.Hour }, Free: func(string) time.Duration { return 0 },
				}
				for i := range size.workers {
					v.Alive[worker(i)] = lease.Worker{ID: worker(i), Counter: 1000}
				}
				r := rand.New(rand.NewPCG(1, 1))
				for i := range size.leases {
					l := lease.Lease{Key: fmt.Sprintf("shardId-%012d", i)}
					c.set(r, &l, i, size.workers)
					v.Leases = append(v.Leases, l)
				}
				var d lease.Decision
				began := cpu()
				for b.Loop() {
					d = lease.Decide(v)
				}
				b.ReportMetric((cpu()-began).Seconds()*1000/float64(b.N), "cpu-ms/op")
				b.ReportMetric(float64(len(d.Take)), "takes")
				b.ReportMetric(float64(len(d.Request)), "requests")
			})
		}
	}
}

func worker(i int) string { return fmt.Sprintf("worker-%04d", i) }

// cpu returns the processor time of this process.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
