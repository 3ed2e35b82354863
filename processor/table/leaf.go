package table

import (
	"encoding/binary"
	"math"
	"sync"
	"unsafe"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// A page ends at the end of the row with which it holds pageSize bytes before compression or pageValues values. Each of the
// columns of an open file buffers that much: smaller pages compress worse, larger ones cost memory in every open file and
// reader.
const (
	pageSize   = 64 << 10
	pageValues = 20_000
)

// repetitionShift is where in a byte of levels the repetition level stands, above the definition level.
const repetitionShift = 4

// leafType is what a column of the file is, whatever it holds.
type leafType struct {
	path       []string
	kind       format.Type
	repetition int // the highest level
	definition int
	dictionary bool
}

// leafTypes are the columns in the order of the file.
var leafTypes = sync.OnceValue(func() []leafType {
	schema := parquet.SchemaOf(Row{})
	var types []leafType
	for _, path := range schema.Columns() {
		leaf, _ := schema.Lookup(path...)
		encoding := leaf.Node.Encoding()
		types = append(types, leafType{
			path: path, kind: format.Type(leaf.Node.Type().Kind()),
			repetition: leaf.MaxRepetitionLevel, definition: leaf.MaxDefinitionLevel,
			dictionary: encoding != nil && encoding.Encoding() == format.RLEDictionary,
		})
	}
	return types
})

// leaf is a column of the open row group: its finished pages, and the values of the open one.
type leaf struct {
	*leafType
	levels  []byte  // of each value, null or not, unless every row has exactly one value
	plain   []byte  // values of a column without dictionary; a byte for each boolean
	numbers []int32 // values of a column with one
	rows    int     // rows of the open page
	values  int64
	nulls   int64
	extent  extent

	words    dictionary
	finished []page
	size     int // of the finished pages

	dictionaryPage page // once the row group ends
}

// null adds a value that is none.
func (l *leaf) null(level byte) {
	l.levels = append(l.levels, level)
	l.values++
	l.nulls++
}

func (l *leaf) level(level byte) {
	l.values++
	if l.definition > 0 {
		l.levels = append(l.levels, level)
	}
}

func (l *leaf) text(level byte, s string) {
	l.level(level)
	if !l.dictionary {
		l.extent.text(s)
		l.plain = binary.LittleEndian.AppendUint32(l.plain, uint32(len(s)))
		l.plain = append(l.plain, s...)
		return
	}
	if len(l.numbers) > 0 && l.words.same(s) {
		l.numbers = append(l.numbers, l.words.last)
		return
	}
	l.extent.text(s)
	l.numbers = append(l.numbers, l.words.number(s))
}

func (l *leaf) int64(level byte, v int64) {
	l.level(level)
	l.extent.int(v)
	l.plain = binary.LittleEndian.AppendUint64(l.plain, uint64(v))
}

func (l *leaf) int32(level byte, v int32) {
	l.level(level)
	l.extent.int(int64(v))
	l.plain = binary.LittleEndian.AppendUint32(l.plain, uint32(v))
}

func (l *leaf) double(level byte, v float64) {
	l.level(level)
	l.extent.double(v)
	l.plain = binary.LittleEndian.AppendUint64(l.plain, math.Float64bits(v))
}

func (l *leaf) bool(level byte, v bool) {
	l.level(level)
	b := byte(0)
	if v {
		b = 1
	}
	l.extent.int(int64(b))
	l.plain = append(l.plain, b)
}

// buffered is what the open page holds.
func (l *leaf) buffered() int { return len(l.levels) + len(l.plain) + 4*len(l.numbers) }

// endPage finishes the open page.
func (l *leaf) endPage(codec *Codec) error {
	if l.values == 0 {
		return nil
	}
	p := presses.Get().(*press)
	defer presses.Put(p)
	done := page{rows: l.rows, values: l.values, nulls: l.nulls, bounds: l.extent.bounds(l.kind)}
	var err error
	if done.format, err = l.encode(p); err != nil {
		return err
	}
	done.bytes, done.plain, err = p.finish(codec, dataHeader(&done))
	if err != nil {
		return err
	}
	l.finished = append(l.finished, done)
	l.size += len(done.bytes)
	l.levels, l.plain, l.numbers = l.levels[:0], l.plain[:0], l.numbers[:0]
	l.rows, l.values, l.nulls = 0, 0, 0
	l.extent.reset()
	return nil
}

// encode writes the content of the open page. A page of nulls alone needs no dictionary, which there may not be.
func (l *leaf) encode(p *press) (format.Encoding, error) {
	p.content = p.content[:0]
	if err := p.putLevels(l.levels, repetitionShift, l.repetition); err != nil {
		return 0, err
	}
	if err := p.putLevels(l.levels, 0, l.definition); err != nil {
		return 0, err
	}
	switch {
	case len(l.numbers) > 0:
		return format.RLEDictionary, p.putNumbers(l.numbers, l.words.count)
	case l.kind == format.Boolean:
		p.putBits(l.plain)
	default:
		p.content = append(p.content, l.plain...)
	}
	return format.Plain, nil
}

// end finishes the open page and the dictionary.
func (l *leaf) end(codec *Codec) error {
	if err := l.endPage(codec); err != nil || l.words.count == 0 {
		return err
	}
	p := presses.Get().(*press)
	defer presses.Put(p)
	p.content = append(p.content[:0], l.words.words...)
	var err error
	d := &l.dictionaryPage
	d.bytes, d.plain, err = p.finish(codec, dictionaryHeader(l.words.count))
	l.size += len(d.bytes)
	l.words = dictionary{}
	return err
}

// heap is the bytes of heap that the column holds.
func (l *leaf) heap() int64 {
	n := int64(cap(l.levels)+cap(l.plain)+4*cap(l.numbers)) + l.words.heap()
	n += int64(cap(l.finished)) * int64(unsafe.Sizeof(page{}))
	return n + int64(l.size)
}
