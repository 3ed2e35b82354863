package kinesis

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// model is what a log should hold, done the dumb way.
type model []record

func (m model) from(counter uint64) model {
	at := slices.IndexFunc(m, func(r record) bool { return r.counter >= counter })
	if at < 0 {
		return nil
	}
	return m[at:]
}

func (m model) seek(arrival int64) (record, bool) {
	at := slices.IndexFunc(m, func(r record) bool { return r.arrival >= arrival })
	if at < 0 {
		return record{}, false
	}
	return m[at], true
}

// trimmed drops the prefix of records that are older than the cutoff.
func (m model) trimmed(cutoff int64) model {
	at := slices.IndexFunc(m, func(r record) bool { return r.arrival >= cutoff })
	if at < 0 {
		return nil
	}
	return m[at:]
}

// trial is a log next to its model.
type trial struct {
	t       *testing.T
	r       *rand.Rand
	log     *shardLog
	model   model
	counter uint64
	now     int64
}

const testSegmentBytes = 20_000 // a few marks each

func newTrial(t *testing.T, seed uint64, dir string) *trial {
	t.Helper()
	return &trial{t: t, r: rand.New(rand.NewPCG(seed, 20)), log: newLog(dir, testSegmentBytes), now: 1_000_000}
}

// put stores a batch. The clock mostly goes forward.
func (tr *trial) put() {
	tr.t.Helper()
	for range 1 + tr.r.IntN(20) {
		tr.counter += 1 + tr.r.Uint64N(3)
		data := make([]byte, tr.r.IntN(600))
		if tr.r.IntN(100) == 0 {
			data = make([]byte, 30_000)
		}
		for i := range data {
			data[i] = byte(tr.counter + uint64(i))
		}
		r := record{counter: tr.counter, arrival: tr.now, key: fmt.Appendf(nil, "key-%d", tr.counter), data: data}
		tr.log.stage(r)
		tr.model = append(tr.model, r)
	}
	if warning, err := tr.log.commit(); err != nil || warning != nil {
		tr.t.Fatalf("commit: %v, %v", warning, err)
	}
	switch tr.now += tr.r.Int64N(50) - 5; tr.r.IntN(60) {
	case 0:
		tr.now -= 3_000
	case 1:
		tr.now += 3_000
	}
}

func (tr *trial) trim() {
	tr.t.Helper()
	cutoff := tr.now - tr.r.Int64N(3_000)
	if tr.r.IntN(40) == 0 {
		cutoff = tr.now + 1_000 // everything
	}
	if err := tr.log.trim(cutoff); err != nil {
		tr.t.Fatal(err)
	}
	tr.model = tr.model.trimmed(cutoff)
}

// dropExpired trims whole segments. Which records go is left to the log, but no young one may.
func (tr *trial) dropExpired() {
	tr.t.Helper()
	cutoff := tr.now - tr.r.Int64N(3_000)
	if err := tr.log.dropExpired(cutoff); err != nil {
		tr.t.Fatal(err)
	}
	left := tr.model.from(tr.log.head)
	if len(left) < len(tr.model.trimmed(cutoff)) {
		tr.t.Fatalf("%d records left, %d are young", len(left), len(tr.model.trimmed(cutoff)))
	}
	tr.model = left
}

// compare holds the log against its model from a random position on.
func (tr *trial) compare() {
	tr.t.Helper()
	from := tr.r.Uint64N(tr.counter + 3)
	want := tr.model.from(from)
	var got model
	v := tr.log.view(from)
	for len(v.parts) > 0 { // a view is bounded, so go on where it ends
		if err := v.scan(func(r record) bool {
			r.key, r.data = bytes.Clone(r.key), bytes.Clone(r.data)
			got = append(got, r)
			return true
		}); err != nil {
			tr.t.Fatal(err)
		}
		v = tr.log.view(got[len(got)-1].counter + 1)
	}
	same := slices.EqualFunc(got, want, func(a, b record) bool {
		return a.counter == b.counter && a.arrival == b.arrival && bytes.Equal(a.key, b.key) && bytes.Equal(a.data, b.data)
	})
	if !same {
		tr.t.Fatalf("from %d the log has %d records, want %d", from, len(got), len(want))
	}
}

func (tr *trial) compareSeek() {
	tr.t.Helper()
	at := tr.now - tr.r.Int64N(4_000) + 500
	want, wantOK := tr.model.seek(at)
	got, ok, err := tr.log.seek(at)
	if err != nil || ok != wantOK || got.counter != want.counter {
		tr.t.Fatalf("seek(%d) finds %d, %v, %v; want %d, %v", at, got.counter, ok, err, want.counter, wantOK)
	}
}

// reload closes the log and reads it from its folder.
func (tr *trial) reload() {
	tr.t.Helper()
	if err := tr.log.seal(); err != nil {
		tr.t.Fatal(err)
	}
	head, oldest := tr.log.head, tr.log.oldest
	log, torn, err := loadLog(tr.log.dir, testSegmentBytes)
	if err != nil || torn != nil {
		tr.t.Fatalf("load: %v, %v", torn, err)
	}
	if log.head > head || len(log.segments) != len(tr.log.segments) {
		tr.t.Fatalf("loaded head %d and %d segments, had %d and %d", log.head, len(log.segments), head, len(tr.log.segments))
	}
	log.head, log.oldest = head, oldest // what is trimmed within a segment is trimmed again by the first reader
	tr.log = log
}
