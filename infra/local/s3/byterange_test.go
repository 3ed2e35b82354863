package s3

import (
	"errors"
	"testing"
)

func TestParseRange(t *testing.T) {
	cases := []struct {
		header string
		size   int64
		want   byteRange
		whole  bool
		err    error
	}{
		{"", 10, byteRange{0, 10}, true, nil},
		{"bytes=0-0", 10, byteRange{0, 1}, false, nil},
		{"bytes=2-4", 10, byteRange{2, 3}, false, nil},
		{"bytes=2-", 10, byteRange{2, 8}, false, nil},
		{"bytes=9-", 10, byteRange{9, 1}, false, nil},
		{"bytes=2-100", 10, byteRange{2, 8}, false, nil},
		{"bytes=2-9223372036854775807", 10, byteRange{2, 8}, false, nil},
		{"bytes=-3", 10, byteRange{7, 3}, false, nil},
		{"bytes=-100", 10, byteRange{0, 10}, false, nil},
		{"bytes=-0", 10, byteRange{}, false, errInvalidRange},
		{"bytes=10-", 10, byteRange{}, false, errInvalidRange},
		{"bytes=0-", 0, byteRange{}, false, errInvalidRange},
		{"bytes=-1", 0, byteRange{}, false, errInvalidRange},
		{"bytes=4-2", 10, byteRange{0, 10}, true, nil},
		{"bytes=a-b", 10, byteRange{0, 10}, true, nil},
		{"bytes=--3", 10, byteRange{0, 10}, true, nil},
		{"bytes=-", 10, byteRange{0, 10}, true, nil},
		{"bytes=5", 10, byteRange{0, 10}, true, nil},
		{"bytes=99999999999999999999-", 10, byteRange{0, 10}, true, nil},
		{"items=0-1", 10, byteRange{0, 10}, true, nil},
	}
	for _, c := range cases {
		got, whole, err := parseRange(c.header, c.size)
		if got != c.want || whole != c.whole || !errors.Is(err, c.err) {
			t.Errorf("%q of %d: got %+v, %v, %v", c.header, c.size, got, whole, err)
		}
	}
	if _, _, err := parseRange("bytes=0-1,3-4", 10); err == nil {
		t.Error("two ranges were accepted")
	}
}

// FuzzParseRange checks that a range that is served lies within the object.
func FuzzParseRange(f *testing.F) {
	f.Add("bytes=0-1", int64(5))
	f.Add("bytes=-9223372036854775808", int64(5))
	f.Add("bytes=9223372036854775807-", int64(5))
	f.Fuzz(func(t *testing.T, header string, size int64) {
		if size < 0 {
			t.Skip()
		}
		got, whole, err := parseRange(header, size)
		if err == nil && (got.start < 0 || got.length < 0 || got.start > size || got.length > size-got.start || !whole && got.length == 0) {
			t.Errorf("%q of %d: %+v", header, size, got)
		}
	})
}
