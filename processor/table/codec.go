package table

import (
	"fmt"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
)

// Codec is Zstandard at its fastest level, tuned for column pages: it entropy-codes pages that repeat nothing, such as ids
// and scores, which the codec of parquet-go leaves as they are (15 % of a file), and its window is no larger than a page.
// It is stateless between pages and safe for concurrent use: all writers of a process should share one.
type Codec struct {
	encoder *zstd.Encoder
	decoder *zstd.Decoder
}

// window is what a match may reach back. Pages are not much larger: see pageSize.
const window = 256 << 10

// NewCodec returns a Codec that serves up to concurrency pages at a time without waiting; 0 means as many as there are
// processors.
func NewCodec(concurrency int) (*Codec, error) {
	encoder, err := zstd.NewWriter(
		nil,
		zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithAllLitEntropyCompression(true),
		zstd.WithWindowSize(window),
		zstd.WithLowerEncoderMem(true),
		zstd.WithEncoderConcurrency(concurrency),
		zstd.WithEncoderCRC(false), // the page header has one
		zstd.WithZeroFrames(true),
	)
	if err != nil {
		return nil, fmt.Errorf("make zstd encoder: %w", err)
	}
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(concurrency), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, fmt.Errorf("make zstd decoder: %w", err)
	}
	return &Codec{encoder: encoder, decoder: decoder}, nil
}

// String is the name of the codec in Parquet.
func (c *Codec) String() string { return format.Zstd.String() }

// CompressionCodec is the number of the codec in Parquet.
func (c *Codec) CompressionCodec() format.CompressionCodec { return format.Zstd }

// Encode compresses src over dst.
func (c *Codec) Encode(dst, src []byte) ([]byte, error) {
	return c.encoder.EncodeAll(src, dst[:0]), nil
}

// Decode decompresses src over dst.
func (c *Codec) Decode(dst, src []byte) ([]byte, error) { return c.decoder.DecodeAll(src, dst[:0]) }
