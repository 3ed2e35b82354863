//go:build unix

package table

import (
	"bytes"
	"encoding/json"
	"fmt"
	"runtime"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// BenchmarkFormats encodes and compresses the same rows, 20 recommendations each, as this table and as lines of JSON under zstd, level for
// level. It prints CPU and bytes for each row. With 300,000 products nearly every recommendation of a file is another one.
func BenchmarkFormats(b *testing.B) {
	for _, variants := range []uint64{1, 97} {
		c := newCatalog(6)
		c.variants = variants
		rows := c.rows(50_000, 20)
		b.Run(fmt.Sprintf("products=%d/parquet", products(rows)), func(b *testing.B) { measureParquet(b, rows) })
		for _, level := range []zstd.EncoderLevel{zstd.SpeedFastest, zstd.SpeedDefault} {
			b.Run(fmt.Sprintf("products=%d/json/zstd=%s", products(rows), level), func(b *testing.B) { measureJSON(b, rows, level) })
		}
	}
}

// products counts the products that are recommended.
func products(rows []Row) int {
	distinct := map[string]bool{}
	for i := range rows {
		for _, r := range rows[i].Recommendations {
			distinct[r.ProductCode] = true
		}
	}
	return len(distinct)
}

func measureParquet(b *testing.B, rows []Row) {
	codec, err := NewCodec(1)
	if err != nil {
		b.Fatal(err)
	}
	w, err := NewWriter(Options{Codec: codec})
	if err != nil {
		b.Fatal(err)
	}
	measureFormat(b, len(rows), func() int {
		if err := w.Append(rows); err != nil {
			b.Fatal(err)
		}
		file, err := w.Close(nil)
		if err != nil {
			b.Fatal(err)
		}
		w.Reset()
		return len(file)
	})
}

func measureJSON(b *testing.B, rows []Row, level zstd.EncoderLevel) {
	var out bytes.Buffer
	z, err := zstd.NewWriter(&out, zstd.WithEncoderLevel(level), zstd.WithEncoderConcurrency(1))
	if err != nil {
		b.Fatal(err)
	}
	plain := 0
	measureFormat(b, len(rows), func() int {
		out.Reset()
		z.Reset(&out)
		lines := json.NewEncoder(counter{z, &plain})
		for i := range rows {
			if err := lines.Encode(&rows[i]); err != nil {
				b.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			b.Fatal(err)
		}
		return out.Len()
	})
	b.ReportMetric(float64(plain)/float64(b.N*len(rows)), "plain-B/row")
}

// counter counts what goes through it.
type counter struct {
	to *zstd.Encoder
	n  *int
}

func (c counter) Write(p []byte) (int, error) {
	*c.n += len(p)
	return c.to.Write(p)
}

func measureFormat(b *testing.B, rows int, encode func() int) {
	b.Helper()
	runtime.GC()
	b.ReportAllocs()
	size, n, start := 0, 0, cpuTime()
	for b.Loop() {
		size = encode()
		n += rows
	}
	b.ReportMetric(float64((cpuTime()-start).Microseconds())/float64(n), "cpu-µs/row")
	b.ReportMetric(float64(size)/float64(rows), "B/row")
}

// BenchmarkOpenShards fills the open objects of as many shards at a time, with 5,000 rows each, and prints the most
// heap that outlives a garbage collection, above what the rows themselves take.
func BenchmarkOpenShards(b *testing.B) {
	const rowsPerShard = 5_000
	rows := newCatalog(6).rows(rowsPerShard, 20)
	for _, shards := range []int{1, 64} {
		b.Run(fmt.Sprintf("shards=%d", shards), func(b *testing.B) {
			codec, err := NewCodec(0)
			if err != nil {
				b.Fatal(err)
			}
			writeFile(b, Options{Codec: codec}, rows, nil) // what the process keeps once
			before := liveHeap()
			var peak uint64
			bytes := 0
			for b.Loop() {
				writers := make([]*Writer, shards)
				for i := range writers {
					if writers[i], err = NewWriter(Options{Codec: codec}); err != nil {
						b.Fatal(err)
					}
				}
				for from := 0; from < len(rows); from += 1000 {
					for _, w := range writers {
						if err := w.Append(rows[from : from+1000]); err != nil {
							b.Fatal(err)
						}
					}
					if from%2000 == 0 {
						peak = max(peak, liveHeap())
					}
				}
				peak = max(peak, liveHeap())
				bytes = 0
				for _, w := range writers {
					file, err := w.Close(nil)
					if err != nil {
						b.Fatal(err)
					}
					bytes += len(file)
				}
				runtime.KeepAlive(writers)
			}
			b.ReportMetric(float64(peak-before)/(1<<20), "peak-MiB")
			b.ReportMetric(float64(peak-before)/(1<<20)/float64(shards), "MiB/shard")
			b.ReportMetric(float64(bytes)/(1<<20), "files-MiB")
		})
	}
}

// liveHeap is what a garbage collection leaves.
func liveHeap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
