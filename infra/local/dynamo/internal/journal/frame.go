package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

const (
	header      = "streamrec journal 1\n"
	frameHeader = 8
	// MaxEntry is the largest entry in bytes.
	MaxEntry = 64 << 20
)

const (
	kindEntry = 'e'
	kindEnd   = 'z'
)

var errBadFrame = errors.New("bad frame")

// appendFrame appends the frame of a payload that is kind followed by body.
func appendFrame(b []byte, kind byte, body []byte) []byte {
	start := len(b)
	b = binary.BigEndian.AppendUint32(b, uint32(1+len(body)))
	b = append(b, 0, 0, 0, 0, kind)
	b = append(b, body...)
	binary.BigEndian.PutUint32(b[start+4:], checksum(b[start:]))
	return b
}

// checksum covers the length and the payload of a frame.
func checksum(frame []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum(frame[:4], table), table, frame[frameHeader:])
}

// frame is the first frame of b.
type frame struct {
	kind byte
	body []byte
	size int // bytes of the whole frame
}

// readFrame reads the frame at the start of b. The error is errBadFrame.
func readFrame(b []byte) (frame, error) {
	size, ok := frameSize(b)
	if !ok || size > len(b) || checksum(b[:size]) != binary.BigEndian.Uint32(b[4:]) {
		return frame{}, errBadFrame
	}
	return frame{b[frameHeader], b[frameHeader+1 : size], size}, nil
}

// frameSize is the size that the frame at the start of b says it has; ok is false when it cannot be true.
func frameSize(b []byte) (size int, ok bool) {
	if len(b) < frameHeader {
		return 0, false
	}
	length := binary.BigEndian.Uint32(b)
	return frameHeader + int(length), length >= 1 && length <= MaxEntry+1
}

// followed reports whether a bad frame at the start of b has a good frame behind it, which a torn write does not leave.
func followed(b []byte) bool {
	size, ok := frameSize(b)
	if !ok || size >= len(b) {
		return false
	}
	_, err := readFrame(b[size:])
	return err == nil
}

// readEntries hands the entries of a journal to replay and returns the length of its good part.
func readEntries(b []byte, replay func(entry []byte) error) (good int, err error) {
	if len(b) < len(header) {
		return 0, nil // torn while it was created
	}
	if string(b[:len(header)]) != header {
		return 0, errors.New("not a journal")
	}
	for good = len(header); good < len(b); {
		f, err := readFrame(b[good:])
		switch {
		case err != nil && followed(b[good:]):
			return good, fmt.Errorf("damaged at byte %d", good)
		case err != nil:
			return good, nil
		case f.kind != kindEntry:
			return good, fmt.Errorf("unexpected frame at byte %d", good)
		}
		if err := replay(f.body); err != nil {
			return good, fmt.Errorf("replay entry at byte %d: %w", good, err)
		}
		good += f.size
	}
	return good, nil
}

// readSnapshot hands the entries of a snapshot, which must be whole, to replay.
func readSnapshot(b []byte, replay func(entry []byte) error) error {
	if len(b) < len(header) || string(b[:len(header)]) != header {
		return errors.New("not a snapshot")
	}
	count := uint64(0)
	for at := len(header); ; count++ {
		f, err := readFrame(b[at:])
		switch {
		case err != nil:
			return fmt.Errorf("damaged at byte %d: %w", at, err)
		case f.kind == kindEnd:
			return checkEnd(f, count, len(b)-at)
		}
		if err := replay(f.body); err != nil {
			return fmt.Errorf("replay entry at byte %d: %w", at, err)
		}
		at += f.size
	}
}

func checkEnd(end frame, count uint64, left int) error {
	if len(end.body) != 8 || binary.BigEndian.Uint64(end.body) != count || left != end.size {
		return errors.New("end does not fit")
	}
	return nil
}
