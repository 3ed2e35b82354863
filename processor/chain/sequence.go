package chain

import (
	"cmp"
	"fmt"
	"strings"
)

// SequenceWidth is the number of digits to which sequence numbers are padded in keys, so that lexical order is numeric order.
const SequenceWidth = 56

// Compare orders two sequence numbers, which are decimal numbers of any length. The empty string, the start, is before all.
func Compare(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

// Pad widens a sequence number to SequenceWidth digits. A number that is longer, or is none, is an error: it would break
// the order of keys, so the shard has to stop.
func Pad(sequence string) (string, error) {
	if sequence == "" || strings.Trim(sequence, "0123456789") != "" {
		return "", fmt.Errorf("pad sequence number %q: not a decimal number", sequence)
	}
	if len(sequence) > SequenceWidth {
		return "", fmt.Errorf("pad sequence number %q: longer than %d digits", sequence, SequenceWidth)
	}
	return strings.Repeat("0", SequenceWidth-len(sequence)) + sequence, nil
}

// Unpad is the inverse of Pad.
func Unpad(padded string) string {
	if s := strings.TrimLeft(padded, "0"); s != "" {
		return s
	}
	return "0"
}
