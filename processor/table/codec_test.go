package table

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/parquet-go/parquet-go"
)

func TestCodecRoundTrip(t *testing.T) {
	codec, err := NewCodec(2)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(6, 6))
	random := make([]byte, 100_000)
	for i := range random {
		random[i] = byte(rng.Uint32())
	}
	var wg sync.WaitGroup
	for i, src := range [][]byte{nil, {1}, []byte("hello"), bytes.Repeat([]byte("ab"), 300_000), random, bytes.Repeat(random, 5)} {
		wg.Go(func() {
			for range 20 {
				packed, err := codec.Encode(make([]byte, 0, i), src)
				if err != nil {
					t.Error(err)
					return
				}
				for name, decode := range map[string]func(dst, src []byte) ([]byte, error){"own": codec.Decode, "library": parquet.Zstd.Decode} {
					got, err := decode(nil, packed)
					if err != nil || !bytes.Equal(got, src) {
						t.Errorf("input %d, %s decoder: %d bytes of %d, %v", i, name, len(got), len(src), err)
					}
				}
			}
		})
	}
	wg.Wait()
	if _, err := codec.Decode(nil, []byte("no zstd")); err == nil {
		t.Error("garbage decodes")
	}
	if _, err := NewCodec(-1); err == nil {
		t.Error("a negative concurrency is accepted")
	}
}

// TestCodecPacksIDs compares with the codec of parquet-go at the same level, which leaves pages without repetition alone.
func TestCodecPacksIDs(t *testing.T) {
	codec, err := NewCodec(1)
	if err != nil {
		t.Fatal(err)
	}
	var ids []byte
	rng := rand.New(rand.NewPCG(7, 7))
	for range 2000 {
		ids = fmt.Appendf(ids, "%016x%016x", rng.Uint64(), rng.Uint64())
	}
	own, err := codec.Encode(nil, ids)
	if err != nil {
		t.Fatal(err)
	}
	library, err := parquet.Zstd.Encode(nil, ids)
	if err != nil {
		t.Fatal(err)
	}
	if len(own) > len(ids)*6/10 || len(own) > len(library) {
		t.Errorf("%d bytes of hex digits take %d, with the codec of the library %d", len(ids), len(own), len(library))
	}
}

func TestWritersShareACodec(t *testing.T) {
	codec, err := NewCodec(2)
	if err != nil {
		t.Fatal(err)
	}
	rows := someRows(21, 400)
	want := writeFile(t, Options{}, rows, nil)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if got := writeFile(t, Options{Codec: codec}, rows, nil); !bytes.Equal(got, want) {
				t.Error("a shared codec writes other bytes")
			}
		})
	}
	wg.Wait()
}
