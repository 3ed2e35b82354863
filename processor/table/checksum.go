package table

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
)

// The footer holds a checksum of the whole file, itself included, with noChecksum in its own place.
const (
	noChecksum     = "00000000"
	checksumPrefix = KeyChecksum + "\x18\x08" // how Thrift writes the key, and that a string of 8 bytes follows
)

// Verify compares a whole file with the checksum in its footer. Read does not: pages have checksums of their own, but
// nothing else protects their headers and the footer. The error wraps ErrCorrupt.
func Verify(file []byte) error {
	at, err := checksumAt(file)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	if sum := checksum(file, at); sum != string(file[at:at+len(noChecksum)]) {
		return fmt.Errorf("%w: its checksum is %s", ErrCorrupt, sum)
	}
	return nil
}

// stamp puts the checksum into a finished file.
func stamp(file []byte) error {
	at, err := checksumAt(file)
	if err != nil {
		return err
	}
	copy(file[at:], checksum(file, at))
	return nil
}

// checksumAt is where the checksum stands. Its key is the last one of the footer, so whatever looks like it comes before.
func checksumAt(file []byte) (int, error) {
	i := bytes.LastIndex(file, []byte(checksumPrefix))
	if at := i + len(checksumPrefix); i >= 0 && at+len(noChecksum) <= len(file) {
		return at, nil
	}
	return 0, errors.New("there is no checksum in the footer")
}

func checksum(file []byte, at int) string {
	table := crc32.MakeTable(crc32.Castagnoli)
	sum := crc32.Checksum(file[:at], table)
	sum = crc32.Update(sum, table, []byte(noChecksum))
	sum = crc32.Update(sum, table, file[at+len(noChecksum):])
	return hex.EncodeToString([]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)})
}
