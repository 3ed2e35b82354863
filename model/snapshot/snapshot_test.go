package snapshot

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/streamrec/streamrec/model"
)

// observed returns a model that has seen n records of a small shop.
func observed(p model.Params, seed uint64, n int) *model.Model {
	m := model.New(p)
	rng := rand.New(rand.NewPCG(seed, 1))
	for i := range n {
		item := rng.IntN(1 + rng.IntN(200))
		r := model.Record{Session: fmt.Sprint("session ", i/30*9+rng.IntN(9)), ArrivalMs: 1_700_000_000_000 + int64(i)*int64(rng.IntN(3000))}
		r.HashKey = [2]uint64{rng.Uint64(), rng.Uint64()}
		for range 1 + rng.IntN(3) {
			r.Items = append(r.Items, model.Interaction{
				Item: fmt.Sprint("item ", item), Type: model.EventType(rng.IntN(3)), Category: fmt.Sprint(item % 7), Brand: fmt.Sprint(item % 3),
			})
			item++
		}
		m.Observe(nil, r)
	}
	return m
}

// tight are bounds that make a model forget.
func tight() model.Params {
	p := model.DefaultParams()
	p.PerItem, p.Scan, p.HopScan, p.MaxFacts, p.MaxShelves, p.ShelfItems = 6, 6, 6, 300, 5, 4
	return p
}

// state is everything that a model exports, and its lists.
func state(m *model.Model) string {
	var b strings.Builder
	fmt.Fprint(&b, m.Floor(), slices.Collect(m.Facts()), slices.Collect(m.Labels()), slices.Collect(m.Visits()))
	for i := range 200 {
		fmt.Fprint(&b, m.Similar(nil, fmt.Sprint("item ", i), 20))
	}
	return b.String()
}

var header = Header{Marks: map[string]model.Mark{"shard 1": {Link: "link 7", ThroughMs: 1_700_000_000_000}, "": {ThroughMs: -5}}}

func written(t testing.TB, s State) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, s, header); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRestores(t *testing.T) {
	for name, p := range map[string]model.Params{"defaults": model.DefaultParams(), "tight": tight()} {
		for seed := range uint64(4) {
			m := observed(p, seed, 1500)
			data := written(t, m)
			got := model.New(p)
			h, err := Read(iotest.OneByteReader(bytes.NewReader(data)), got)
			if err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(h) != fmt.Sprint(header) {
				t.Errorf("header is %v, want %v", h, header)
			}
			if g, w := state(got), state(m); g != w {
				t.Fatalf("%s: restored\n%.1000s\nwant\n%.1000s", name, g, w)
			}
			if again := written(t, got); !bytes.Equal(again, data) {
				t.Errorf("%s: a restored model has another snapshot", name)
			}
		}
	}
}

// TestRestoresWithTheLog restores an old snapshot and adds the facts after it, and some before it.
func TestRestoresWithTheLog(t *testing.T) {
	p := tight()
	var facts []model.Fact
	source := observed(p, 7, 0)
	for f := range observed(model.DefaultParams(), 7, 1200).Facts() {
		facts = append(facts, f)
	}
	for _, f := range facts[:len(facts)/2] {
		source.Add(f)
	}
	restored := model.NewMerged(p)
	if _, err := Read(bytes.NewReader(written(t, source)), restored); err != nil {
		t.Fatal(err)
	}
	for _, f := range facts[len(facts)/3:] {
		restored.Add(f)
	}
	whole := model.NewMerged(p)
	for _, f := range facts {
		whole.Add(f)
	}
	if got, want := written(t, restored.Publish()), written(t, whole.Publish()); !bytes.Equal(got, want) {
		t.Error("snapshot and log differ from the whole log")
	}
}

func TestEmpty(t *testing.T) {
	data := written(t, model.New(tight()))
	m := model.New(tight())
	if _, err := Read(bytes.NewReader(data), m); err != nil || m.Stats().Facts != 0 {
		t.Errorf("%v, %+v", err, m.Stats())
	}
}

// TestDamageIsFound flips every bit, cuts at every length, and repeats, drops and exchanges blocks.
func TestDamageIsFound(t *testing.T) {
	data := written(t, observed(tight(), 1, 15))
	read := func(b []byte) error {
		_, err := Read(bytes.NewReader(b), model.New(tight()))
		return err
	}
	for at := range data {
		for bit := range 8 {
			bad := bytes.Clone(data)
			bad[at] ^= 1 << bit
			if err := read(bad); !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrVersion) {
				t.Fatalf("bit %d of byte %d of %d is flipped: %v", bit, at, len(data), err)
			}
		}
		if err := read(data[:at]); !errors.Is(err, ErrDamaged) {
			t.Fatalf("cut to %d of %d bytes: %v", at, len(data), err)
		}
	}
	if err := read(append(bytes.Clone(data), 0)); !errors.Is(err, ErrDamaged) {
		t.Errorf("a byte too many: %v", err)
	}
	b := blocks(data)
	for name, other := range map[string][][]byte{
		"dropped": append(b[:1:1], b[2:]...), "repeated": append(b[:2:2], b[1:]...), "exchanged": append([][]byte{b[0], b[2], b[1]}, b[3:]...),
	} {
		if err := read(append([]byte(magic), bytes.Join(other, nil)...)); !errors.Is(err, ErrDamaged) {
			t.Errorf("a block is %s: %v", name, err)
		}
	}
}

// blocks cuts a snapshot.
func blocks(data []byte) [][]byte {
	var all [][]byte
	for rest := data[len(magic):]; len(rest) > 0; {
		n := 8 + int(binary.LittleEndian.Uint32(rest))
		all = append(all, rest[:n])
		rest = rest[n:]
	}
	return all
}

func TestOtherVersion(t *testing.T) {
	data := written(t, model.New(tight()))
	data[len(magic)-1]++
	if _, err := Read(bytes.NewReader(data), model.New(tight())); !errors.Is(err, ErrVersion) {
		t.Errorf("error is %v", err)
	}
}

func TestErrorsOfTheStream(t *testing.T) {
	m, broken := observed(tight(), 1, 40), errors.New("broken")
	data := written(t, m)
	for n := 0; n <= len(data); n += 3 {
		r := io.MultiReader(bytes.NewReader(data[:n]), iotest.ErrReader(broken))
		if _, err := Read(r, model.New(tight())); !errors.Is(err, broken) || errors.Is(err, ErrDamaged) {
			t.Fatalf("the stream breaks after %d bytes: %v", n, err)
		}
		if err := Write(&limited{n - 1, broken}, m, header); !errors.Is(err, broken) {
			t.Fatalf("the stream breaks after %d written bytes: %v", n, err)
		}
	}
}

// limited is a writer that breaks.
type limited struct {
	left int
	err  error
}

func (l *limited) Write(p []byte) (int, error) {
	if l.left -= len(p); l.left < 0 {
		return 0, l.err
	}
	return len(p), nil
}

func TestNewestPassesOverDamagedOnes(t *testing.T) {
	p := tight()
	old, newer := written(t, observed(p, 1, 50)), written(t, observed(p, 1, 90))
	newer[len(newer)/2] ^= 4
	fresh := func() *model.Model { return model.New(p) }
	m, h, ok, passed := Newest(slices.Values([]io.Reader{bytes.NewReader(newer), bytes.NewReader(old)}), fresh)
	if !ok || !errors.Is(passed, ErrDamaged) || state(m) != state(observed(p, 1, 50)) || len(h.Marks) != 2 {
		t.Errorf("restored %v, %v, passed over: %v", ok, h, passed)
	}
	m, _, ok, passed = Newest(slices.Values([]io.Reader{bytes.NewReader(newer)}), fresh)
	if ok || passed == nil || m.Stats().Facts != 0 {
		t.Errorf("restored %v with %+v from nothing usable, passed over: %v", ok, m.Stats(), passed)
	}
}

// FuzzRead reads anything; what it accepts, it can write and read again. The checksums are made right, or nothing would
// get past them.
func FuzzRead(f *testing.F) {
	f.Add(written(f, observed(tight(), 1, 40))[len(magic):])
	f.Add(written(f, model.New(tight()))[len(magic):])
	f.Add([]byte{4, 0, 0, 0, 0, 0, 0, 0, 'h', 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 'f', 0, 255})
	f.Fuzz(func(t *testing.T, body []byte) {
		m := model.New(tight())
		h, err := Read(bytes.NewReader(append([]byte(magic), mended(body)...)), m)
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Errorf("error is %v", err)
			}
			return
		}
		var b bytes.Buffer
		if err := Write(&b, m, h); err != nil {
			t.Fatal(err)
		}
		again := model.New(tight())
		if _, err := Read(&b, again); err != nil || fmt.Sprint(again.Stats()) != fmt.Sprint(m.Stats()) {
			t.Errorf("read again: %v, %+v, want %+v", err, again.Stats(), m.Stats())
		}
	})
}

// mended puts the right checksum into each block.
func mended(body []byte) []byte {
	body = bytes.Clone(body)
	number := uint32(0)
	for rest := body; len(rest) > 8; number++ {
		n := int(min(binary.LittleEndian.Uint32(rest), uint32(len(rest)-8)))
		binary.LittleEndian.PutUint32(rest[4:], checksum(number, rest[8:8+n]))
		rest = rest[8+n:]
	}
	return body
}
