package kinesis

import "time"

// Rates per shard, as documented by AWS.
const (
	writeBytesPerSecond   = 1 << 20
	writeRecordsPerSecond = 1000
	readBytesPerSecond    = 2 << 20
	readCallsPerSecond    = 5

	// fullReadPause is how long a shard refuses reads after one that returned all it may.
	fullReadPause = 5 * time.Second
)

// bucket is a token bucket that is full at first, kept as the time at which it will be full again. Times are nanoseconds
// since 1970.
type bucket struct{ fullAt int64 }

// longestRefill is what the largest record takes to be paid for. A bucket that seems to need longer is one whose clock was
// set back; it starts anew.
const longestRefill = 11 * time.Second

// level is how much the bucket holds: at most burst, negative while in debt.
func (b *bucket) level(now int64, rate, burst int64) int64 {
	if b.fullAt-now > int64(longestRefill) {
		b.fullAt = now
	}
	missing := max(b.fullAt-now, 0)
	return burst - (missing*rate+int64(time.Second)-1)/int64(time.Second)
}

// take removes an amount, into debt if need be.
func (b *bucket) take(now int64, rate, amount int64) {
	b.fullAt = max(b.fullAt, now) + amount*int64(time.Second)/rate
}

// writeBudget throttles what goes into a shard.
type writeBudget struct{ bytes, records bucket }

// admit decides about one record and charges it. A record larger than a second's worth, which a stream may be configured to
// take, may use burst bytes at once and is paid for afterwards.
func (w *writeBudget) admit(now int64, size, burst int64) bool {
	burst = max(burst, writeBytesPerSecond)
	if w.bytes.level(now, writeBytesPerSecond, burst) < size ||
		w.records.level(now, writeRecordsPerSecond, writeRecordsPerSecond) < 1 {
		return false
	}
	w.bytes.take(now, writeBytesPerSecond, size)
	w.records.take(now, writeRecordsPerSecond, 1)
	return true
}

// readBudget throttles what comes out of a shard.
type readBudget struct {
	calls, bytes bucket
	pausedUntil  int64
}

// admit decides about one read and charges the call. What it will return is not known yet, so it is admitted when the bytes
// of earlier reads are paid for.
func (r *readBudget) admit(now int64) bool {
	if now < r.pausedUntil && r.pausedUntil-now <= int64(fullReadPause) ||
		r.bytes.level(now, readBytesPerSecond, readBytesPerSecond) <= 0 ||
		r.calls.level(now, readCallsPerSecond, readCallsPerSecond) < 1 {
		return false
	}
	r.calls.take(now, readCallsPerSecond, 1)
	return true
}

// charge pays for the bytes that a read returned; full tells that it returned as much as one read may.
func (r *readBudget) charge(now int64, size int64, full bool) {
	r.bytes.take(now, readBytesPerSecond, size)
	if full {
		r.pausedUntil = now + int64(fullReadPause)
	}
}
