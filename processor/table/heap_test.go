package table

import (
	"runtime"
	"testing"
)

// TestHeapIsTrue compares Heap with what the runtime measures, for writers of different content.
func TestHeapIsTrue(t *testing.T) {
	codec, err := NewCodec(1)
	if err != nil {
		t.Fatal(err)
	}
	rows := newCatalog(6).rows(5000, 20)
	for _, n := range []int{0, 100, 1000, 5000} {
		const writers = 8
		fill := func() *Writer {
			w, err := NewWriter(Options{Codec: codec})
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i < n; i += 10 {
				if err := w.Append(rows[i : i+10]); err != nil {
					t.Fatal(err)
				}
			}
			return w
		}
		fill() // what the process keeps once
		var open [writers]*Writer
		before := heldHeap()
		var claimed int64
		for i := range open {
			open[i] = fill()
			claimed += open[i].Heap()
		}
		held := heldHeap() - before
		runtime.KeepAlive(open)
		t.Logf("%d rows: %d KiB each, claimed %d", n, held/writers>>10, claimed/writers>>10)
		if claimed < held*2/3 || claimed > held*3/2 {
			t.Errorf("%d rows: Heap() = %d, the runtime has %d", n, claimed/writers, held/writers)
		}
	}
	runtime.KeepAlive(rows)
}

// heldHeap is what garbage collections leave, without what pools keep between two of them.
func heldHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
