package kinesis

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// record is one stored record. Its key and data are views into a segment and must not be changed.
type record struct {
	counter uint64 // place in the stream
	arrival int64  // ApproximateArrivalTimestamp in milliseconds since 1970
	key     []byte // partition key
	data    []byte
}

// bytes is the size that quotas count.
func (r record) bytes() int { return len(r.key) + len(r.data) }

// A record is stored, in memory as in files, as one frame, little-endian:
//
//	0   4  length of the body
//	4   4  CRC-32C of the body
//	8   8  counter        | body
//	16  8  arrival        |
//	24  2  length of key  |
//	26  …  key, then data |
const (
	frameHeader = 8
	frameFixed  = 26
	frameMax    = frameFixed + maxKeyBytes + maxRecordLimit
)

var (
	errFrameShort   = errors.New("frame is cut off")
	errFrameLength  = errors.New("frame has an impossible length")
	errFrameDamaged = errors.New("frame does not match its checksum")
)

// checksum is the CRC-32C, which the processor computes; MakeTable returns the same table every time.
func checksum(body []byte) uint32 { return crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)) }

// appendFrame appends the frame of a record.
func appendFrame(dst []byte, r record) []byte {
	start := len(dst)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(frameFixed-frameHeader+r.bytes()))
	dst = binary.LittleEndian.AppendUint32(dst, 0)
	dst = binary.LittleEndian.AppendUint64(dst, r.counter)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(r.arrival))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(r.key)))
	dst = append(dst, r.key...)
	dst = append(dst, r.data...)
	binary.LittleEndian.PutUint32(dst[start+4:], checksum(dst[start+frameHeader:]))
	return dst
}

// frameSize is the size of the frame that begins buf; it needs the first four bytes only.
func frameSize(buf []byte) (int, error) {
	if len(buf) < 4 {
		return 0, errFrameShort
	}
	size := int64(binary.LittleEndian.Uint32(buf)) + frameHeader
	if size < frameFixed || size > frameMax {
		return 0, errFrameLength
	}
	return int(size), nil
}

// readFrame reads the frame that begins buf without checking its checksum.
func readFrame(buf []byte) (r record, size int, err error) {
	if size, err = frameSize(buf); err != nil {
		return record{}, 0, err
	}
	if size > len(buf) {
		return record{}, 0, errFrameShort
	}
	key := frameFixed + int(binary.LittleEndian.Uint16(buf[24:]))
	if key > size {
		return record{}, 0, errFrameLength
	}
	return record{
		counter: binary.LittleEndian.Uint64(buf[8:]),
		arrival: int64(binary.LittleEndian.Uint64(buf[16:])),
		key:     buf[frameFixed:key:key],
		data:    buf[key:size:size],
	}, size, nil
}

// checkFrame is readFrame for bytes that come from a file.
func checkFrame(buf []byte) (record, int, error) {
	r, size, err := readFrame(buf)
	if err != nil {
		return record{}, 0, err
	}
	if checksum(buf[frameHeader:size]) != binary.LittleEndian.Uint32(buf[4:]) {
		return record{}, 0, errFrameDamaged
	}
	return r, size, nil
}
