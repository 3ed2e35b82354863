package chain

import (
	"fmt"
	"time"
)

// Hour is a UTC hour, counted from the Unix epoch.
type Hour int64

// HourOf returns the hour in which t lies.
func HourOf(t time.Time) Hour {
	ms := t.UnixMilli()
	h := ms / 3_600_000
	if ms < 0 && ms%3_600_000 != 0 {
		h--
	}
	return Hour(h)
}

// Time returns the hour's first instant.
func (h Hour) Time() time.Time { return time.Unix(int64(h)*3600, 0).UTC() }

// Partition returns the hour as partition directories: dt=2026-11-23/hour=09.
func (h Hour) Partition() string { return h.Time().Format("dt=2006-01-02/hour=15") }

// String returns the hour as 2026-11-23T09.
func (h Hour) String() string { return h.Time().Format("2006-01-02T15") }

// ParseHour is the inverse of String.
func ParseHour(s string) (Hour, error) {
	t, err := time.Parse("2006-01-02T15", s)
	if err != nil {
		return 0, fmt.Errorf("parse hour %q: want 2006-01-02T15", s)
	}
	return HourOf(t), nil
}

// MarshalText implements encoding.TextMarshaler.
func (h Hour) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *Hour) UnmarshalText(b []byte) (err error) {
	*h, err = ParseHour(string(b))
	return err
}
