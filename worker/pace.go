package worker

import "time"

// Limits of Kinesis, per shard and shared by all its readers.
const (
	readInterval   = 201 * time.Millisecond // five reads a second
	bytesPerSecond = 1_990_000              // 2 MB/s, and some for another clock
)

// Kinesis gives up to 10 MB at once, and then nothing for five seconds. Pages of pageBytes are as much in the same time, leave room for what else a worker
// does, and stay in the caches; a worker that is behind holds one for each shard. A reader that knows nothing of its records yet asks for firstRecords.
const (
	pageBytes    = 1 << 20
	firstRecords = 2000
	fewRecords   = 100
)

// A shard without records for idleAfter is read less often, and one without for silentAfter again.
const (
	idleReadInterval   = 500 * time.Millisecond
	idleAfter          = 5 * time.Second
	silentReadInterval = time.Second // the KCL's idleTimeBetweenReads
	silentAfter        = time.Minute
)

// limit is how many records a read asks for.
func (r *reader) limit() int32 {
	n := firstRecords
	if r.size > 0 {
		n = max(pageBytes/r.size, fewRecords)
	}
	return min(int32(n), r.worker.cfg.MaxRecords)
}

// interval is the time between the start of this read and of the next. The KCL counts a read when it asks for it, which is before
// the wait for it; so its first second has one read more, and one is left out.
func (r *reader) interval() time.Duration {
	if r.reads++; r.reads == 1 {
		return 2 * r.worker.cfg.ReadInterval
	}
	return r.worker.cfg.ReadInterval
}

// rest puts the next read off when a shard has been idle for a while. All idle shards of a worker are read at the same ticks: to wake an idle process up
// costs more than what it then does.
func (r *reader) rest(began time.Time, page Page) {
	if len(page.Records) > 0 || page.MillisBehindLatest > 0 {
		r.heard = began
		return
	}
	interval := r.worker.cfg.readInterval(began.Sub(r.heard))
	if at := r.worker.tick(began.Add(interval), interval); at.After(r.resume) {
		r.resume = at
	}
}

// pay puts the next read off by the time in which Kinesis allows this many bytes, and remembers how large records are.
func (r *reader) pay(records []Record) {
	bytes := 0
	for i := range records {
		bytes += len(records[i].Data)
	}
	if len(records) > 0 {
		r.size = max(bytes/len(records), 1)
	}
	if at := r.worker.env.Now().Add(time.Duration(bytes) * time.Second / bytesPerSecond); at.After(r.resume) {
		r.resume = at
	}
}
