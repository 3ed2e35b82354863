package kinesis

type retentionRequest struct {
	streamRef
	Hours *int64 `json:"RetentionPeriodHours"`
}

func (r *retentionRequest) check() error {
	var v violations
	v.required("retentionPeriodHours", r.Hours, 1, 100_000)
	switch {
	case v.err() != nil:
		return v.err()
	case *r.Hours < minRetentionHours:
		return invalidArgument("Minimum allowed retention period is %d hours. Requested retention period (%d hours) is too short.", minRetentionHours, *r.Hours)
	case *r.Hours > maxRetentionHours:
		return invalidArgument("Maximum allowed retention period is %d hours. Requested retention period (%d hours) is too long.", maxRetentionHours, *r.Hours)
	}
	return nil
}

// increaseRetention keeps what is trimmed already trimmed. Asking for the present period is allowed and changes nothing.
func (s *Service) increaseRetention(now int64, r *retentionRequest) (*empty, error) {
	return s.setRetention(now, r, func(st *stream) error {
		if *r.Hours < st.state.RetentionHours {
			return invalidArgument("Requested retention period (%d hours) for stream %s can not be shorter than existing retention period (%d hours). "+
				"Use DecreaseRetentionPeriod API.", *r.Hours, st.name, st.state.RetentionHours)
		}
		return nil
	})
}

func (s *Service) decreaseRetention(now int64, r *retentionRequest) (*empty, error) {
	return s.setRetention(now, r, func(st *stream) error {
		if *r.Hours > st.state.RetentionHours {
			return invalidArgument("Requested retention period (%d hours) for stream %s can not be longer than existing retention period (%d hours). "+
				"Use IncreaseRetentionPeriod API.", *r.Hours, st.name, st.state.RetentionHours)
		}
		return nil
	})
}

func (s *Service) setRetention(now int64, r *retentionRequest, check func(*stream) error) (*empty, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	return s.set(r.streamRef, now, func(st *stream, next *streamState) error {
		next.Horizon, next.RetentionHours = st.state.cutoff(now), *r.Hours
		return check(st)
	})
}

type updateMaxRecordSizeRequest struct {
	streamRef
	KiB *int64 `json:"MaxRecordSizeInKiB"`
}

func (s *Service) updateMaxRecordSize(now int64, r *updateMaxRecordSizeRequest) (*empty, error) {
	var v violations
	v.required("maxRecordSizeInKiB", r.KiB, minRecordKiB, maxRecordKiB)
	if err := v.err(); err != nil {
		return nil, err
	}
	return s.set(r.streamRef, now, func(_ *stream, next *streamState) error {
		next.MaxRecordKiB = *r.KiB
		return nil
	})
}

type updateStreamModeRequest struct {
	StreamARN           string             `json:"StreamARN"`
	Mode                *streamModeDetails `json:"StreamModeDetails"`
	WarmThroughputMiBps *int64             `json:"WarmThroughputMiBps"`
}

// maxDailyModeSwitches is how often a stream may change its mode in 24 hours.
const maxDailyModeSwitches = 2

// updateStreamMode keeps the shards as they are in either direction. Streams on demand do not scale by themselves here.
func (s *Service) updateStreamMode(now int64, r *updateStreamModeRequest) (*empty, error) {
	var v violations
	if r.Mode == nil {
		v.missing("streamModeDetails")
	}
	r.Mode.check(&v)
	if err := v.err(); err != nil {
		return nil, err
	}
	if r.WarmThroughputMiBps != nil {
		return nil, invalidArgument("WarmThroughputMiBps is not offered by this local Kinesis.")
	}
	return s.set(streamRef{StreamARN: r.StreamARN}, now, func(st *stream, next *streamState) error {
		if s.options.EnforceLimits && len(recent(st.state.ModeSwitches, now)) >= maxDailyModeSwitches {
			return limitExceeded("The capacity mode of a stream can be changed at most %d times per rolling 24-hour period.", maxDailyModeSwitches)
		}
		next.Mode = r.Mode.StreamMode
		next.ModeSwitches = append(recent(next.ModeSwitches, now), now)
		return nil
	})
}

// set changes a setting of an active stream, which then is UPDATING for a while.
func (s *Service) set(ref streamRef, now int64, edit func(*stream, *streamState) error) (*empty, error) {
	return &empty{}, s.with(ref, now, func(st *stream) error {
		if err := st.requireActive(now); err != nil {
			return err
		}
		next := st.state.clone()
		if err := edit(st, &next); err != nil {
			return err
		}
		next.begin(statusUpdating, now, s.options.CreateDelay)
		return st.apply(next)
	})
}

// recent drops the times that are older than a day.
func recent(times []int64, now int64) []int64 {
	var kept []int64
	for _, at := range times {
		if now-at < dayMillis {
			kept = append(kept, at)
		}
	}
	return kept
}
