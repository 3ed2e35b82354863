package table

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/bits"
	"sync"

	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// page is a finished page.
type page struct {
	bytes  []byte // header and compressed content
	plain  int    // size of both before compression
	rows   int
	values int64 // nulls included
	nulls  int64
	format format.Encoding
	bounds bounds
}

// press has the buffers that a page goes through. They are shared, since there are as many open files as shards and one
// page at a time for each processor.
type press struct{ levels, packed, content, compressed []byte }

var presses = sync.Pool{New: func() any { return new(press) }}

// finish compresses the content and puts a header before it.
func (p *press) finish(codec *Codec, header format.PageHeader) (out []byte, plain int, err error) {
	if p.compressed, err = codec.Encode(p.compressed, p.content); err != nil {
		return nil, 0, fmt.Errorf("compress page: %w", err)
	}
	header.UncompressedPageSize = int32(len(p.content))
	header.CompressedPageSize = int32(len(p.compressed))
	header.CRC = int32(crc32.ChecksumIEEE(p.compressed))
	head, err := thrift.Marshal(new(thrift.CompactProtocol), &header)
	if err != nil {
		return nil, 0, fmt.Errorf("encode page header: %w", err)
	}
	out = make([]byte, 0, len(head)+len(p.compressed))
	return append(append(out, head...), p.compressed...), len(head) + len(p.content), nil
}

// putLevels adds one of the two kinds of levels, which begin with their length. Each byte of levels has both, of which shift and
// mask choose one.
func (p *press) putLevels(levels []byte, shift, highest int) error {
	if highest == 0 {
		return nil
	}
	width := bits.Len(uint(highest))
	p.levels = p.levels[:0]
	for _, v := range levels {
		p.levels = append(p.levels, v>>shift&(1<<repetitionShift-1))
	}
	var err error
	if p.packed, err = (&rle.Encoding{BitWidth: width}).EncodeLevels(p.packed[:0], p.levels); err != nil {
		return fmt.Errorf("encode levels: %w", err)
	}
	p.content = binary.LittleEndian.AppendUint32(p.content, uint32(len(p.packed)))
	p.content = append(p.content, p.packed...)
	return nil
}

// putNumbers adds the numbers of words in a dictionary of size words.
func (p *press) putNumbers(numbers []int32, size int) (err error) {
	width := bits.Len(uint(size - 1))
	if p.packed, err = (&rle.Encoding{BitWidth: width}).EncodeInt32(p.packed[:0], numbers); err != nil {
		return fmt.Errorf("encode numbers of words: %w", err)
	}
	p.content = append(append(p.content, byte(width)), p.packed...)
	return nil
}

// putBits adds booleans, of a byte each.
func (p *press) putBits(values []byte) {
	for len(values) > 0 {
		n, b := min(8, len(values)), byte(0)
		for i, v := range values[:n] {
			b |= v << i
		}
		p.content, values = append(p.content, b), values[n:]
	}
}

func dataHeader(p *page) format.PageHeader {
	header := format.PageHeader{Type: format.DataPage}
	header.DataPageHeader = thrift.New(format.DataPageHeader{
		NumValues: int32(p.values), Encoding: p.format,
		DefinitionLevelEncoding: format.RLE, RepetitionLevelEncoding: format.RLE,
		Statistics: format.Statistics{NullCount: p.nulls}, // the page index has the bounds
	})
	return header
}

func dictionaryHeader(words int) format.PageHeader {
	header := format.PageHeader{Type: format.DictionaryPage}
	header.DictionaryPageHeader = thrift.New(format.DictionaryPageHeader{NumValues: int32(words), Encoding: format.Plain})
	return header
}
