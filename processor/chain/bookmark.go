package chain

import (
	"fmt"
	"strings"
)

// Bookmark is a position in a chain: the end of some link, or the zero Bookmark. The one in the lease row may lag behind the end of the
// chain; it never leads.
type Bookmark struct {
	Last string // sequence number of the link's last record
	Hour Hour   // of the link
}

// String returns the bookmark as 4959…@2026-11-23T09, and the zero Bookmark as the empty string.
func (b Bookmark) String() string {
	if b == (Bookmark{}) {
		return ""
	}
	return b.Last + "@" + b.Hour.String()
}

// ParseBookmark is the inverse of String.
func ParseBookmark(s string) (Bookmark, error) {
	if s == "" {
		return Bookmark{}, nil
	}
	last, text, ok := strings.Cut(s, "@")
	hour, err := ParseHour(text)
	if _, padErr := Pad(last); !ok || err != nil || padErr != nil {
		return Bookmark{}, fmt.Errorf("parse bookmark %q: want a sequence number, @ and an hour", s)
	}
	return Bookmark{Last: last, Hour: hour}, nil
}
