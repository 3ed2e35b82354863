package dashboard

import (
	"fmt"
	"slices"
)

// Event is something that has happened in the fleet.
type Event struct {
	ID     int64  `json:"id"`
	At     int64  `json:"at"`              // of the look that saw it, Unix ms
	After  int64  `json:"after,omitempty"` // of the look before, when nobody watched in between
	Kind   string `json:"kind"`
	Level  string `json:"level"` // info, good, warn, bad
	Shard  string `json:"shard,omitempty"`
	Worker string `json:"worker,omitempty"`
	Text   string `json:"text"`
}

// alike is how many events of one kind are told one by one: a large fleet must not push everything else out of the feed.
const alike = 5

// condense tells in one event how many more there are of a kind.
func condense(events []Event) []Event {
	left := map[string]int{}
	for _, e := range events {
		left[e.Kind]++
	}
	told, short := map[string]int{}, []Event{}
	for _, e := range events {
		told[e.Kind]++
		switch n := left[e.Kind]; {
		case n <= alike || told[e.Kind] < alike:
			short = append(short, e)
		case told[e.Kind] == n:
			e.Text += fmt.Sprintf(", and so on: %d such events at once", n)
			short = append(short, e)
		}
	}
	return short
}

// repeated is for how long a request for a lease is no news again, in ms: it is a hint that the owner clears and that is left again.
const repeated = 60_000

// news leaves out requests for leases that are in the feed already.
func news(events, feed []Event) []Event {
	return slices.DeleteFunc(events, func(e Event) bool {
		return e.Kind == "asked" && slices.ContainsFunc(feed, func(old Event) bool {
			return old.Kind == e.Kind && old.Shard == e.Shard && old.Worker == e.Worker && e.At-old.At < repeated
		})
	})
}
