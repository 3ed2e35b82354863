package kinesis

import (
	"maps"
	"slices"
	"time"
)

// Stream statuses.
const (
	statusCreating = "CREATING"
	statusUpdating = "UPDATING"
	statusActive   = "ACTIVE"
	statusDeleting = "DELETING"
)

// Capacity modes.
const (
	modeProvisioned = "PROVISIONED"
	modeOnDemand    = "ON_DEMAND"
)

const (
	hourMillis = int64(time.Hour / time.Millisecond)
	dayMillis  = 24 * hourMillis
)

// streamState is what is saved of a stream besides its records. A change is made on a clone, which replaces the original once
// it is on disk. Times are milliseconds since 1970.
type streamState struct {
	Version int    `json:"version"`
	Name    string `json:"name"`

	// Epoch is in every sequence number of the stream: roughly the second of its creation, and unique in a service.
	Epoch   uint64 `json:"epoch"`
	Created int64  `json:"created"`

	// Pending is the status for the time Delay until ReadyAt, then the stream is active, or gone when it was deleted.
	Pending string `json:"pending,omitempty"`
	ReadyAt int64  `json:"ready_at,omitempty"`
	Delay   int64  `json:"delay,omitempty"`

	RetentionHours int64 `json:"retention_hours"`
	// Horizon is a time before which everything is trimmed, whatever the retention is now.
	Horizon int64 `json:"horizon,omitempty"`

	Mode         string            `json:"mode"`
	MaxRecordKiB int64             `json:"max_record_kib"`
	Tags         map[string]string `json:"tags,omitempty"`

	// Counter is not smaller than any counter of the shards' bounds, and those after a restart begin above it.
	Counter  uint64   `json:"counter"`
	Topology topology `json:"topology"`

	// Scalings and ModeSwitches are when those happened, for their daily limits.
	Scalings     []int64 `json:"scalings,omitempty"`
	ModeSwitches []int64 `json:"mode_switches,omitempty"`
}

const stateVersion = 1

func (s *streamState) clone() streamState {
	next := *s
	next.Tags = maps.Clone(s.Tags)
	next.Topology = s.Topology.clone()
	next.Scalings, next.ModeSwitches = slices.Clone(s.Scalings), slices.Clone(s.ModeSwitches)
	return next
}

func (s *streamState) status(now int64) string {
	if s.Pending != "" && (s.waits(now) || s.Pending == statusDeleting) {
		return s.Pending
	}
	return statusActive
}

// waits reports whether the delay is not over. More time to go than the whole delay means that the clock was set back.
func (s *streamState) waits(now int64) bool { return now < s.ReadyAt && s.ReadyAt-now <= s.Delay }

// gone reports whether a deletion is complete.
func (s *streamState) gone(now int64) bool { return s.Pending == statusDeleting && !s.waits(now) }

// cutoff is the trim horizon: what arrived earlier is past retention.
func (s *streamState) cutoff(now int64) int64 {
	return max(s.Horizon, now-s.RetentionHours*hourMillis)
}

// begin makes the stream show a status for a while.
func (s *streamState) begin(status string, now int64, delay time.Duration) {
	s.Pending, s.Delay, s.ReadyAt = status, delay.Milliseconds(), now+delay.Milliseconds()
}
