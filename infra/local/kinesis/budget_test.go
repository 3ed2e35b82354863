package kinesis

import (
	"math/rand/v2"
	"testing"
	"time"
)

const millisecond = int64(time.Millisecond)

// start is a time at which no bucket was used.
const start = int64(1_700_000_000) * int64(time.Second)

func TestWriteRecordsPerSecond(t *testing.T) {
	var w writeBudget
	admitted := 0
	for range 1500 {
		if w.admit(start, 10, writeBytesPerSecond) {
			admitted++
		}
	}
	if admitted != 1000 {
		t.Errorf("%d records in an instant", admitted)
	}
	for i := range 100 { // one token a millisecond from now on
		now := start + int64(i+1)*millisecond
		if !w.admit(now, 10, writeBytesPerSecond) || w.admit(now, 10, writeBytesPerSecond) {
			t.Fatalf("after %d ms not exactly one more record", i+1)
		}
	}
}

func TestWriteBytesPerSecond(t *testing.T) {
	var w writeBudget
	half := int64(writeBytesPerSecond / 2)
	for range 2 {
		if !w.admit(start, half, writeBytesPerSecond) {
			t.Fatal("an instant does not take a second's worth of bytes")
		}
	}
	if w.admit(start, 1, writeBytesPerSecond) {
		t.Fatal("an instant takes more than a second's worth of bytes")
	}
	now := start + 250*millisecond
	if w.admit(now, half/2+1, writeBytesPerSecond) || !w.admit(now, half/2, writeBytesPerSecond) {
		t.Error("a quarter of a second does not take exactly a quarter")
	}
}

// TestWriteRefusedIsFree: what is refused does not use up anything.
func TestWriteRefusedIsFree(t *testing.T) {
	var w writeBudget
	w.admit(start, writeBytesPerSecond-10, writeBytesPerSecond)
	for range 2000 {
		if w.admit(start, 11, writeBytesPerSecond) {
			t.Fatal("a record was admitted that does not fit")
		}
	}
	if !w.admit(start, 10, writeBytesPerSecond) {
		t.Error("a record that fits was refused")
	}
}

// TestWriteLargeRecord: a record of ten seconds' worth is taken at once when the stream allows it, and paid for afterwards.
func TestWriteLargeRecord(t *testing.T) {
	var w writeBudget
	const large = 10 * writeBytesPerSecond
	if !w.admit(start, large, large) || w.admit(start+999*millisecond, writeBytesPerSecond, large) {
		t.Fatal("a large record is not paid for")
	}
	if !w.admit(start+1000*millisecond, writeBytesPerSecond, large) || w.admit(start+10_999*millisecond, large, large) || !w.admit(start+11_000*millisecond, large, large) {
		t.Error("a large record is paid for at another rate than 1 MiB/s")
	}
}

func TestReadsPerSecond(t *testing.T) {
	var r readBudget
	for range 5 {
		if !r.admit(start) {
			t.Fatal("five reads in an instant are refused")
		}
	}
	if r.admit(start) || r.admit(start+199*millisecond) || !r.admit(start+200*millisecond) || r.admit(start+200*millisecond) {
		t.Error("the sixth read is not admitted exactly 200 ms later")
	}
}

// TestSteadyReads: five reads a second may go on for ever, also with some jitter.
func TestSteadyReads(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	var r readBudget
	for i := range int64(1000) {
		now := start + i*200*millisecond + random.Int64N(100)*millisecond
		if !r.admit(now) {
			t.Fatalf("read %d refused", i)
		}
		r.charge(now, 2<<20/5, false)
	}
}

func TestReadBytesPerSecond(t *testing.T) {
	var r readBudget
	if !r.admit(start) {
		t.Fatal("first read refused")
	}
	r.charge(start, readBytesPerSecond+readBytesPerSecond/2, false) // one and a half seconds' worth
	if r.admit(start+500*millisecond) || !r.admit(start+501*millisecond) {
		t.Error("reads are not refused for exactly the half second in debt")
	}
}

func TestFullReadPauses(t *testing.T) {
	var r readBudget
	r.admit(start)
	r.charge(start, maxReadBytes, true)
	if r.admit(start+4_999*millisecond) || !r.admit(start+5_000*millisecond) {
		t.Error("reads do not pause for exactly 5 s")
	}
}

// TestClockSetBack: a clock that goes back by an hour must not stop a shard for an hour.
func TestClockSetBack(t *testing.T) {
	back := start - int64(time.Hour)
	var w writeBudget
	w.admit(start, writeBytesPerSecond, writeBytesPerSecond)
	if !w.admit(back, writeBytesPerSecond, writeBytesPerSecond) {
		t.Error("write refused")
	}
	var r readBudget
	r.admit(start)
	r.charge(start, maxReadBytes, true)
	if !r.admit(back) {
		t.Error("read refused")
	}
}

// TestLongRunRates drives a write budget with random traffic: over any long time what is admitted is the rate.
func TestLongRunRates(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	var w writeBudget
	now, bytes := start, int64(0)
	const seconds = 200
	for now < start+seconds*int64(time.Second) {
		now += random.Int64N(4) * millisecond
		if size := 1 + random.Int64N(20_000); w.admit(now, size, writeBytesPerSecond) {
			bytes += size
		}
	}
	if limit := int64((seconds + 1) * writeBytesPerSecond); bytes > limit || bytes < limit*98/100 {
		t.Errorf("%d bytes admitted in %d s, at most %d allowed", bytes, seconds, limit)
	}
}
