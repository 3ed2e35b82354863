package s3

import (
	"strconv"
	"strings"
)

// byteRange is a part of an object: bytes [start, start+length).
type byteRange struct {
	start, length int64
}

// parseRange reads a Range header for an object of size bytes. whole is true when the header selects nothing, which is also
// what a malformed one does. Several ranges at once are refused: S3 does not serve them.
func parseRange(header string, size int64) (part byteRange, whole bool, err error) {
	spec, ok := strings.CutPrefix(header, "bytes=")
	if !ok {
		return byteRange{0, size}, true, nil
	}
	if strings.Contains(spec, ",") {
		return byteRange{}, false, errUnsupported("more than one range")
	}
	first, last, ok := strings.Cut(strings.TrimSpace(spec), "-")
	from, fromErr := strconv.ParseInt(first, 10, 64)
	to, toErr := strconv.ParseInt(last, 10, 64)
	switch {
	case !ok, first == "" && (toErr != nil || to < 0), first != "" && fromErr != nil, first != "" && last != "" && (toErr != nil || to < from):
		return byteRange{0, size}, true, nil
	case first == "":
		from, to = max(0, size-to), size-1
	case last == "":
		to = size - 1
	}
	if from < 0 || from >= size || to < from {
		return byteRange{}, false, errInvalidRange
	}
	to = min(to, size-1)
	return byteRange{from, to - from + 1}, false, nil
}
