package kinesis

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
)

func TestFrameRoundTrip(t *testing.T) {
	records := []record{
		{counter: 1, arrival: 2, key: []byte("k"), data: []byte("data")},
		{counter: 1<<64 - 1, arrival: -5, key: bytes.Repeat([]byte("é"), 512), data: nil},
		{counter: 3, arrival: 1 << 40, key: []byte("k"), data: make([]byte, maxRecordLimit)},
	}
	var buf []byte
	for _, r := range records {
		buf = appendFrame(buf, r)
	}
	for _, want := range records {
		got, size, err := checkFrame(buf)
		if err != nil || got.counter != want.counter || got.arrival != want.arrival || !bytes.Equal(got.key, want.key) || !bytes.Equal(got.data, want.data) {
			t.Fatalf("record %d came back as %d, %v", want.counter, got.counter, err)
		}
		buf = buf[size:]
	}
	if len(buf) != 0 {
		t.Errorf("%d bytes left", len(buf))
	}
}

// TestFrameDamage: every single bit of a frame matters, and every cut is seen.
func TestFrameDamage(t *testing.T) {
	good := appendFrame(nil, record{counter: 5, arrival: 6, key: []byte("key"), data: []byte("some data")})
	for bit := range len(good) * 8 {
		bad := bytes.Clone(good)
		bad[bit/8] ^= 1 << (bit % 8)
		if r, _, err := checkFrame(bad); err == nil {
			t.Errorf("bit %d flipped gives %+v", bit, r)
		}
	}
	for size := range good {
		if _, _, err := checkFrame(good[:size]); !errors.Is(err, errFrameShort) {
			t.Errorf("%d of %d bytes: %v", size, len(good), err)
		}
	}
}

func FuzzFrame(f *testing.F) {
	f.Add(appendFrame(nil, record{counter: 5, arrival: 6, key: []byte("key"), data: []byte("some data")}), true)
	f.Add(binary.LittleEndian.AppendUint32(nil, frameMax), false)
	f.Add([]byte{}, true)
	f.Fuzz(func(t *testing.T, buf []byte, seal bool) {
		if size, err := frameSize(buf); seal && err == nil && size <= len(buf) {
			binary.LittleEndian.PutUint32(buf[4:], checksum(buf[frameHeader:size])) // else the checksum hides the rest
		}
		r, size, err := checkFrame(buf)
		if err != nil {
			return
		}
		if again := appendFrame(nil, r); !bytes.Equal(again, buf[:size]) {
			t.Fatalf("%x was read as %+v, which is written as %x", buf[:size], r, again)
		}
	})
}
