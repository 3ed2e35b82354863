package kinesis

import "time"

// Stall is a time in which a stream takes nothing.
type Stall struct {
	For    time.Duration
	Failed int   // attempts
	Cause  error // of the last one, a *StreamError
	Over   bool  // the stream has taken a record
}

// stallNotice is how long a stall is nobody's business: throttling comes and goes.
const stallNotice = 5 * time.Second

// stall notes the failures since the last record was settled.
type stall struct {
	Stall
	since time.Time // of the first one; zero when there is none
	told  bool
}

// goOn notes a failure, and reports whether it is time to tell of the stall.
func (s *stall) goOn(now time.Time, cause error) (is Stall, tell bool) {
	if s.since.IsZero() {
		s.since = now
	}
	s.For, s.Cause = now.Sub(s.since), cause
	s.Failed++
	tell = !s.told && s.For >= stallNotice
	s.told = s.told || tell
	return s.Stall, tell
}

// over returns the stall as it is when a record has been settled.
func (s *stall) over(now time.Time) Stall {
	s.For, s.Over = now.Sub(s.since), true
	return s.Stall
}
