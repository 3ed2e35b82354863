package snapshot

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/streamrec/streamrec/model"
)

// The ways in which a snapshot cannot be used. Errors of the reader that is read from are neither.
var (
	ErrDamaged = errors.New("the snapshot is damaged")
	ErrVersion = errors.New("the snapshot is of another version")
)

// Builder is what a snapshot is read into: a [model.Model], [model.Merged] or anything like them, which should be new. If
// it can also reopen visits, as a Model can, it is given those that were open. If it can be loaded by [model.Loading], as both
// can, it is: that is several times faster.
type Builder interface {
	// Raise says what is so old that it has been forgotten; it is called before all others.
	Raise(model.Floor)
	// Add adds a fact. The order of facts does not matter.
	Add(model.Fact)
	// AddLabel adds the fingerprint of an item's category and brand.
	AddLabel(model.ItemLabel)
}

type reopening interface{ Reopen(model.Visit) }

// loading is a builder that can be loaded, unless Load returns nil.
type loading interface{ Load() *model.Loading }

// Read reads a snapshot. When there is an error, the builder has been given a part of it.
func Read(r io.Reader, into Builder) (Header, error) {
	in := &reader{r: r, into: into}
	defer in.done()
	if err := in.magic(); err != nil {
		return Header{}, fmt.Errorf("read snapshot: %w", err)
	}
	for !in.ended {
		if err := in.block(); err != nil {
			return Header{}, fmt.Errorf("read block %d of snapshot: %w", in.blocks, err)
		}
	}
	if n, err := io.ReadFull(r, make([]byte, 1)); n > 0 {
		return Header{}, fmt.Errorf("read after the end of snapshot: %w", ErrDamaged)
	} else if err != io.EOF {
		return Header{}, fmt.Errorf("read end of snapshot: %w", err)
	}
	return in.header, nil
}

// Newest reads the first usable one of several snapshots, newest first, each into what fresh returns. The errors of those
// that were passed over are joined. Without a usable one ok is false; the result is fresh then.
func Newest[B Builder](snapshots iter.Seq[io.Reader], fresh func() B) (b B, h Header, ok bool, passed error) {
	for r := range snapshots {
		b = fresh()
		h, err := Read(r, b)
		if err == nil {
			return b, h, true, passed
		}
		passed = errors.Join(passed, err)
	}
	return fresh(), Header{}, false, passed
}

// reader reads blocks and counts what they hold.
type reader struct {
	decoder
	r       io.Reader
	into    Builder
	payload []byte
	blocks  uint32
	last    byte // kind of the block before
	header  Header
	load    *model.Loading // nil if the builder has none
	loaded  []int32        // numbers of items there
	facts   []model.VisitFact
	counts  [3]uint64
	ended   bool
}

func (r *reader) magic() error {
	var got [len(magic)]byte
	if _, err := io.ReadFull(r.r, got[:]); err != nil {
		return damaged(err)
	}
	switch {
	case string(got[:len(magic)-1]) != magic[:len(magic)-1]:
		return ErrDamaged
	case got[len(magic)-1] != magic[len(magic)-1]:
		return fmt.Errorf("%w: %d, want %d", ErrVersion, got[len(magic)-1], magic[len(magic)-1])
	}
	return nil
}

// damaged tells a stream that ends too early from one that cannot be read.
func damaged(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it ends too early", ErrDamaged)
	}
	return err
}

// block reads a block and takes what it holds.
func (r *reader) block() error {
	var head [8]byte
	if _, err := io.ReadFull(r.r, head[:]); err != nil {
		return damaged(err)
	}
	length := binary.LittleEndian.Uint32(head[:])
	if length == 0 || length > maxBlock {
		return fmt.Errorf("%w: a block of %d bytes", ErrDamaged, length)
	}
	if int(length) > cap(r.payload) {
		r.payload = make([]byte, length)
	}
	r.payload = r.payload[:length]
	if _, err := io.ReadFull(r.r, r.payload); err != nil {
		return damaged(err)
	}
	if checksum(r.blocks, r.payload) != binary.LittleEndian.Uint32(head[4:]) {
		return fmt.Errorf("%w: wrong checksum", ErrDamaged)
	}
	r.blocks++
	return r.take()
}

// order is in which order the kinds of blocks come.
const order = "hflve"

// take takes what a payload holds.
func (r *reader) take() error {
	kind := r.payload[0]
	r.begin(r.payload[1:])
	if rank(kind) < 0 || rank(kind) < rank(r.last) || (r.blocks == 1) != (kind == 'h') {
		return fmt.Errorf("%w: a block in the wrong place", ErrDamaged)
	}
	r.last = kind
	switch kind {
	case 'h':
		r.takeHeader()
	case 'e':
		for _, want := range r.counts {
			if r.number() != want {
				r.fail()
			}
		}
		r.ended = !r.more()
	}
	for r.more() && kind != 'h' {
		r.takeOne(kind)
	}
	if r.bad || r.more() {
		return fmt.Errorf("%w: its contents make no sense", ErrDamaged)
	}
	return nil
}

func rank(kind byte) int {
	for at := range len(order) {
		if order[at] == kind {
			return at
		}
	}
	return -1
}

func (r *reader) takeHeader() {
	f := model.Floor{Facts: model.Touch(r.number()), Categories: model.Touch(r.number())}
	r.header.Marks = map[string]model.Mark{}
	for range r.count() {
		source := r.text()
		r.header.Marks[source] = model.Mark{Link: r.text(), ThroughMs: r.signed()}
		if r.bad {
			return
		}
	}
	r.into.Raise(f)
	if b, able := r.into.(loading); able {
		r.load = b.Load()
	}
}

// done ends what was begun with the header.
func (r *reader) done() {
	if r.load != nil {
		r.load.Done()
	}
}

// takeOne takes the facts of a visit, a label or an open visit.
func (r *reader) takeOne(kind byte) {
	switch kind {
	case 'f':
		r.takeVisit()
	case 'l':
		r.takeLabel()
	case 'v':
		r.counts[2]++
		v, able := r.into.(reopening)
		if visit := r.open(); !r.bad && able {
			v.Reopen(visit)
		}
	default:
		r.fail()
	}
}

func (r *reader) takeVisit() {
	var session string
	var start uint32
	session, start, r.facts = r.visit(r.facts[:0])
	r.counts[0] += uint64(len(r.facts))
	switch {
	case r.bad:
	case r.load != nil:
		for k := range r.facts {
			r.facts[k].Item = r.numberOf(r.facts[k].Item)
		}
		r.load.Visit(session, start, r.facts)
	default:
		for _, f := range r.facts {
			r.into.Add(model.Fact{Session: session, Visit: start, Item: r.items[f.Item], Touch: f.Touch, Type: f.Type})
		}
	}
}

func (r *reader) takeLabel() {
	r.counts[1]++
	at, l := r.label()
	switch {
	case r.bad:
	case r.load != nil:
		r.load.Label(r.numberOf(int32(at)), l.Touch, l.Label)
	default:
		r.into.AddLabel(l)
	}
}

// numberOf returns the number that an item has where it is loaded into.
func (r *reader) numberOf(at int32) int32 {
	for int(at) >= len(r.loaded) {
		r.loaded = append(r.loaded, r.load.Item(r.items[len(r.loaded)]))
	}
	return r.loaded[at]
}
