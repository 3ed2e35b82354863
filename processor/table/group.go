package table

import (
	"fmt"
	"slices"
	"unsafe"

	"github.com/parquet-go/parquet-go/bloom"
	"github.com/parquet-go/parquet-go/bloom/xxhash"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// The columns in the order of the file.
const (
	shardID = iota
	sequenceNumber
	subSequence
	line
	partitionKey
	explicitHashKey
	arrivalTime
	eventTime
	eventID
	sessionID
	customerID
	keyID
	city
	country
	creditLimit
	entryProduct
	entryQuantity
	entryInCart
	entryEvent
	entryCategory
	entryBrand
	entryPrice
	entryCurrency
	entryExtra
	entryTouch
	recommendedProduct
	recommendedScore
	modelVersion
	duplicate
	extra
	failure
	raw
	visitStarted
	leafCount
)

// group is the open row group.
type group struct {
	codec  *Codec
	leaves [leafCount]leaf
	rows   int
	size   int // what it takes, about: finished pages, the content of open ones, words of dictionaries
}

func newGroup(codec *Codec) *group {
	g := &group{codec: codec}
	for i := range g.leaves {
		g.leaves[i].leafType = &leafTypes()[i]
	}
	return g
}

// add shreds a row into its columns, and ends the pages that are full then.
func (g *group) add(r *Row) error {
	g.addEnvelope(r)
	g.addEvent(r)
	g.addEntries(r.BrowseHistory)
	g.addRecommendations(r.Recommendations)
	g.rows++
	g.size = 0
	for i := range g.leaves {
		l := &g.leaves[i]
		l.rows++
		n := l.buffered()
		if n >= pageSize || l.values >= pageValues {
			if err := l.endPage(g.codec); err != nil {
				return err
			}
			n = 0
		}
		g.size += n + l.size + len(l.words.words)
	}
	return nil
}

// heap is the bytes of heap that the row group holds.
func (g *group) heap() int64 {
	n := int64(unsafe.Sizeof(*g))
	for i := range g.leaves {
		n += g.leaves[i].heap()
	}
	return n
}

// finished is a row group in the file.
type finished struct {
	group   format.RowGroup
	columns []format.ColumnIndex // no pages in it when the column has none
	offsets []format.OffsetIndex
}

// appendTo ends the row group and appends it to the file.
func (g *group) appendTo(file []byte) ([]byte, finished, error) {
	f := finished{group: format.RowGroup{NumRows: int64(g.rows), FileOffset: int64(len(file))}}
	filter, err := g.filter()
	if err != nil {
		return nil, f, err
	}
	size := len(filter) + footerBase + footerPerGroup
	for i := range g.leaves {
		l := &g.leaves[i]
		if err := l.end(g.codec); err != nil {
			return nil, f, err
		}
		size += l.size + len(l.finished)*footerPerPage
	}
	file = slices.Grow(file, size)
	for i := range g.leaves {
		file = f.append(file, &g.leaves[i])
	}
	if len(filter) > 0 {
		meta := &f.group.Columns[sessionID].MetaData
		meta.BloomFilterOffset, meta.BloomFilterLength = int64(len(file)), int32(len(filter))
	}
	return append(file, filter...), f, nil
}

// append appends the pages of a column to the file and describes them.
func (f *finished) append(file []byte, l *leaf) []byte {
	meta := format.ColumnMetaData{
		Type: l.kind, Codec: format.Zstd, PathInSchema: slices.Clone(l.path), Encoding: []format.Encoding{format.Plain, format.RLE},
	}
	start := len(file)
	if d := &l.dictionaryPage; len(d.bytes) > 0 {
		meta.DictionaryPageOffset = int64(start)
		meta.Encoding = append(meta.Encoding, format.RLEDictionary)
		meta.TotalUncompressedSize = int64(d.plain)
		meta.EncodingStats = counted(meta.EncodingStats, format.DictionaryPage, format.Plain)
		file = append(file, d.bytes...)
	}
	meta.DataPageOffset = int64(len(file))
	var offsets format.OffsetIndex
	var nulls, row int64
	for i := range l.finished {
		p := &l.finished[i]
		offsets.PageLocations = append(offsets.PageLocations, format.PageLocation{
			Offset: int64(len(file)), CompressedPageSize: int32(len(p.bytes)), FirstRowIndex: row,
		})
		file = append(file, p.bytes...)
		meta.NumValues += p.values
		meta.TotalUncompressedSize += int64(p.plain)
		meta.EncodingStats = counted(meta.EncodingStats, format.DataPage, p.format)
		nulls, row = nulls+p.nulls, row+int64(p.rows)
	}
	meta.TotalCompressedSize = int64(len(file) - start)
	meta.Statistics = chunkStatistics(l.kind, l.finished, nulls)
	index, _ := columnIndex(l.kind, l.finished, indexSize(l.path))
	f.columns, f.offsets = append(f.columns, index), append(f.offsets, offsets)
	f.group.Columns = append(f.group.Columns, format.ColumnChunk{MetaData: meta})
	f.group.TotalByteSize += meta.TotalUncompressedSize
	f.group.TotalCompressedSize += meta.TotalCompressedSize
	return file
}

// counted counts a page.
func counted(stats []format.PageEncodingStats, kind format.PageType, encoding format.Encoding) []format.PageEncodingStats {
	for i := range stats {
		if stats[i].PageType == kind && stats[i].Encoding == encoding {
			stats[i].Count++
			return stats
		}
	}
	return append(stats, format.PageEncodingStats{PageType: kind, Encoding: encoding, Count: 1})
}

// bloomBits is the size of the filter per value: about 1 % of absent sessions are not recognised as absent.
const bloomBits = 10

// filter is the Bloom filter of the sessions with its header, empty when there are none.
func (g *group) filter() ([]byte, error) {
	words := &g.leaves[sessionID].words
	if words.count == 0 {
		return nil, nil
	}
	filter := make(bloom.SplitBlockFilter, bloom.NumSplitBlocksOf(int64(words.count), bloomBits))
	words.each(func(word []byte) { filter.Insert(xxhash.Sum64(word)) })
	header, err := thrift.Marshal(new(thrift.CompactProtocol), &format.BloomFilterHeader{
		NumBytes:    int32(len(filter.Bytes())),
		Algorithm:   format.BloomFilterAlgorithm{Value: &format.SplitBlockAlgorithm{}},
		Hash:        format.BloomFilterHash{Value: &format.XxHash{}},
		Compression: format.BloomFilterCompression{Value: &format.BloomFilterUncompressed{}},
	})
	if err != nil {
		return nil, fmt.Errorf("encode Bloom filter: %w", err)
	}
	return append(header, filter.Bytes()...), nil
}
