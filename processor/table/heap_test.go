package table

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
)

// TestHeapIsTrue compares Heap with what the runtime measures, for writers of different content.
func TestHeapIsTrue(t *testing.T) {
	common := newCatalog(6).rows(5000, 20)
	poison := make([]Row, 1000)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range poison {
		body := make([]byte, 3000)
		for j := range body {
			body[j] = byte(rng.Uint32())
		}
		poison[i] = Row{SequenceNumber: fmt.Sprint(i), ArrivalTime: arrival, Raw: &body}
	}
	for _, test := range []struct {
		name  string
		rows  []Row
		group int64
	}{
		{"empty", nil, 0},
		{"100 rows", common[:100], 0},
		{"1000 rows", common[:1000], 0},
		{"5000 rows", common, 0},
		{"5000 rows in several groups", common, 1 << 20},
		{"poison", poison, 0},
		{"poison in several groups", poison, 1 << 20},
	} {
		held, claimed := heapOf(t, Options{GroupBytes: test.group}, test.rows)
		t.Logf("%s: %d KiB, claimed %d", test.name, held>>10, claimed>>10)
		const slack = 32 << 10
		if claimed < held*4/5-slack || claimed > held*5/4+slack {
			t.Errorf("%s: Heap() = %d, the runtime has %d", test.name, claimed, held)
		}
	}
	runtime.KeepAlive(common)
	runtime.KeepAlive(poison)
}

// heapOf is what a writer with rows holds, measured and claimed.
func heapOf(t *testing.T, o Options, rows []Row) (held, claimed int64) {
	t.Helper()
	codec, err := NewCodec(1)
	if err != nil {
		t.Fatal(err)
	}
	o.Codec = codec
	fill := func() *Writer {
		w, err := NewWriter(o)
		if err != nil {
			t.Fatal(err)
		}
		for i := range len(rows) / 10 {
			if err := w.Append(rows[10*i : 10*i+10]); err != nil {
				t.Fatal(err)
			}
		}
		return w
	}
	fill() // what the process keeps once
	var open [8]*Writer
	before := heldHeap()
	for i := range open {
		open[i] = fill()
		claimed += open[i].Heap()
	}
	held = heldHeap() - before
	runtime.KeepAlive(open)
	return held / int64(len(open)), claimed / int64(len(open))
}

// heldHeap is what garbage collections leave, without what pools keep between two of them.
func heldHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestHeapIsGivenBack checks that neither a closed nor a reset writer holds its file.
func TestHeapIsGivenBack(t *testing.T) {
	w, err := NewWriter(Options{})
	if err != nil {
		t.Fatal(err)
	}
	empty := w.Heap()
	if err := w.Append(newCatalog(6).rows(1000, 20)); err != nil {
		t.Fatal(err)
	}
	full := w.Heap()
	file, err := w.Close(nil)
	if err != nil {
		t.Fatal(err)
	}
	if closed := w.Heap(); closed != empty || full < 10*empty {
		t.Errorf("an empty writer holds %d bytes, a full one %d, a closed one %d", empty, full, closed)
	}
	kept := bytes.Clone(file)
	w.Reset()
	if err := w.Append(someRows(1, 100)); err != nil {
		t.Fatal(err)
	}
	if w.Reset(); w.Heap() != empty || !bytes.Equal(file, kept) {
		t.Errorf("a reset writer holds %d bytes, an empty one %d", w.Heap(), empty)
	}
}
