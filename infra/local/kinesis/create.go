package kinesis

import (
	"maps"
	"strings"
)

const (
	onDemandShards       = 4  // what a new stream on demand has
	maxCreating          = 5  // streams that may be CREATING at once
	maxOnDemandStreams   = 50 // in an account
	maxShardsOfStream    = 10_000
	minRetentionHours    = 24
	maxRetentionHours    = 8760
	minRecordKiB         = 1024
	maxRecordKiB         = 10240
	maxRecordLimit       = maxRecordKiB << 10 // bytes of key and data that any stream can be set to take
	strategyPartitionKey = "USER_PARTITION_KEY"
)

type streamModeDetails struct {
	StreamMode string `json:"StreamMode"`
}

func (m *streamModeDetails) check(v *violations) {
	if m != nil {
		v.oneOf("streamModeDetails.streamMode", m.StreamMode, []string{modeProvisioned, modeOnDemand})
	}
}

type createStreamRequest struct {
	StreamName                 string             `json:"StreamName"`
	ShardCount                 *int64             `json:"ShardCount"`
	StreamModeDetails          *streamModeDetails `json:"StreamModeDetails"`
	MaxRecordSizeInKiB         *int64             `json:"MaxRecordSizeInKiB"`
	RecordDistributionStrategy string             `json:"RecordDistributionStrategy"`
	WarmThroughputMiBps        *int64             `json:"WarmThroughputMiBps"`
	Tags                       map[string]string  `json:"Tags"`
}

func (r *createStreamRequest) mode() string {
	if r.StreamModeDetails != nil {
		return r.StreamModeDetails.StreamMode
	}
	return modeProvisioned
}

func (r *createStreamRequest) check() error {
	var v violations
	v.name("streamName", r.StreamName)
	v.between("shardCount", r.ShardCount, 1, 100_000)
	v.between("maxRecordSizeInKiB", r.MaxRecordSizeInKiB, minRecordKiB, maxRecordKiB)
	r.StreamModeDetails.check(&v)
	v.tags(r.Tags)
	switch {
	case v.err() != nil:
		return v.err()
	case r.WarmThroughputMiBps != nil:
		return invalidArgument("WarmThroughputMiBps is not offered by this local Kinesis.")
	case r.RecordDistributionStrategy != "" && r.RecordDistributionStrategy != strategyPartitionKey:
		return invalidArgument("RecordDistributionStrategy %s is not offered by this local Kinesis.", r.RecordDistributionStrategy)
	case r.mode() == modeOnDemand && r.ShardCount != nil:
		return invalidArgument("ShardCount must not be specified for a stream with the capacity mode ON_DEMAND.")
	case r.mode() == modeProvisioned && r.ShardCount == nil:
		return invalidArgument("ShardCount must be specified for a stream with the capacity mode PROVISIONED.")
	}
	return nil
}

func (r *createStreamRequest) shards() int {
	if r.ShardCount == nil {
		return onDemandShards
	}
	return int(*r.ShardCount)
}

func (s *Service) createStream(now int64, r *createStreamRequest) (*empty, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	// A stream of that name whose deletion is complete makes room.
	if _, err := s.find(r.StreamName, now); err != nil && faultOf(err).code != codeNotFound {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.admit(now, r); err != nil {
		return nil, err
	}
	st := newStream(&s.options, s.account, s.initialState(now, r))
	next := st.state.clone()
	next.Topology = newTopology(r.shards(), st.tick(now))
	if err := st.apply(next); err != nil {
		return nil, err
	}
	s.streams[st.name], s.lastEpoch = st, st.epoch
	return &empty{}, nil
}

// admit checks the limits of the account. The caller holds the lock of the service.
func (s *Service) admit(now int64, r *createStreamRequest) error {
	if s.closed {
		return errClosed
	}
	if s.streams[r.StreamName] != nil {
		return inUse("Stream %s under account %s already exists.", r.StreamName, s.account.id)
	}
	open, onDemand := s.usageLocked(now)
	if r.mode() == modeOnDemand && onDemand >= maxOnDemandStreams {
		return limitExceeded("The account %s may not have more than %d streams on demand.", s.account.id, maxOnDemandStreams)
	}
	if s.creating(now) >= maxCreating {
		return limitExceeded("This request would exceed the limit of %d streams being created at once.", maxCreating)
	}
	return s.roomFor(r.shards(), open)
}

func (s *Service) creating(now int64) int {
	count := 0
	for _, st := range s.streams {
		st.mu.Lock()
		if st.state.status(now) == statusCreating {
			count++
		}
		st.mu.Unlock()
	}
	return count
}

func (s *Service) initialState(now int64, r *createStreamRequest) streamState {
	state := streamState{
		Version: stateVersion, Name: r.StreamName, Created: now, Mode: r.mode(),
		Epoch:          max(s.lastEpoch+1, uint64(max(now, 0)/1000)),
		RetentionHours: minRetentionHours, MaxRecordKiB: minRecordKiB, Tags: maps.Clone(r.Tags),
	}
	if r.MaxRecordSizeInKiB != nil {
		state.MaxRecordKiB = *r.MaxRecordSizeInKiB
	}
	state.begin(statusCreating, now, s.options.CreateDelay)
	return state
}

type deleteStreamRequest struct {
	streamRef
}

func (s *Service) deleteStream(now int64, r *deleteStreamRequest) (*empty, error) {
	var doomed *stream
	err := s.with(r.streamRef, now, func(st *stream) error {
		doomed = st
		if st.state.status(now) == statusDeleting {
			return inUse("Stream %s under account %s is being deleted.", st.name, s.account.id)
		}
		next := st.state.clone()
		next.begin(statusDeleting, now, s.options.CreateDelay)
		return st.apply(next)
	})
	if err == nil && doomed.gone(now) {
		err = s.forget(doomed)
	}
	return &empty{}, err
}

// tags checks the tags of a request.
func (v *violations) tags(tags map[string]string) {
	for key, value := range tags {
		v.length("tags.key", key, 1, 128)
		v.length("tags.value", value, 0, 256)
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			v.add("tags.key", key, "Member must not begin with aws:")
		}
	}
	if len(tags) > maxTags {
		v.add("tags", "{...}", "Member must have length less than or equal to 50")
	}
}
