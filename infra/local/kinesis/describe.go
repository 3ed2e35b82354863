package kinesis

type enhancedMetrics struct {
	ShardLevelMetrics []string `json:"ShardLevelMetrics"`
}

type sequenceRange struct {
	Start string `json:"StartingSequenceNumber"`
	End   string `json:"EndingSequenceNumber,omitempty"`
}

type shardOutput struct {
	ShardID         string        `json:"ShardId"`
	Parent          string        `json:"ParentShardId,omitempty"`
	AdjacentParent  string        `json:"AdjacentParentShardId,omitempty"`
	HashKeyRange    hashRange     `json:"HashKeyRange"`
	SequenceNumbers sequenceRange `json:"SequenceNumberRange"`
}

// describe is the public form of a shard. Parents are named even when they are past retention.
func (s *stream) describe(shard shardState) shardOutput {
	out := shardOutput{
		ShardID: shardID(shard.Index), HashKeyRange: shard.Range,
		SequenceNumbers: sequenceRange{Start: s.sequence(shard.Index, shard.Opened).String()},
	}
	if !shard.open() {
		out.SequenceNumbers.End = s.sequence(shard.Index, *shard.Closed).String()
	}
	if len(shard.Parents) > 0 {
		out.Parent = shardID(shard.Parents[0])
	}
	if len(shard.Parents) > 1 {
		out.AdjacentParent = shardID(shard.Parents[1])
	}
	return out
}

func (s *stream) describeAll(shards []shardState) []shardOutput {
	out := make([]shardOutput, 0, len(shards))
	for _, shard := range shards {
		out = append(out, s.describe(shard))
	}
	return out
}

// description is what DescribeStream and DescribeStreamSummary have in common.
type description struct {
	StreamName        string            `json:"StreamName"`
	StreamARN         string            `json:"StreamARN"`
	Status            string            `json:"StreamStatus"`
	Mode              streamModeDetails `json:"StreamModeDetails"`
	Created           timeUnix          `json:"StreamCreationTimestamp"`
	RetentionHours    int64             `json:"RetentionPeriodHours"`
	Encryption        string            `json:"EncryptionType"`
	EnhancedMonitored []enhancedMetrics `json:"EnhancedMonitoring"`
}

func (s *stream) description(now int64) description {
	return description{
		StreamName: s.name, StreamARN: s.account.arn(s.name), Status: s.state.status(now),
		Mode: streamModeDetails{s.state.Mode}, Created: timeUnix(s.state.Created),
		RetentionHours: s.state.RetentionHours, Encryption: "NONE",
		EnhancedMonitored: []enhancedMetrics{{ShardLevelMetrics: []string{}}},
	}
}

type describeStreamRequest struct {
	streamRef
	Limit                 *int64 `json:"Limit"`
	ExclusiveStartShardID string `json:"ExclusiveStartShardId"`
}

type describeStreamResponse struct {
	Stream struct {
		description
		Shards []shardOutput `json:"Shards"`
		More   bool          `json:"HasMoreShards"`
	} `json:"StreamDescription"`
}

// maxDescribed is how many shards one DescribeStream returns.
const maxDescribed = 100

func (s *Service) describeStream(now int64, r *describeStreamRequest) (*describeStreamResponse, error) {
	limit, first, err := checkPage("limit", r.Limit, r.ExclusiveStartShardID, maxDescribed)
	if err != nil {
		return nil, err
	}
	out := &describeStreamResponse{}
	err = s.with(r.streamRef, now, func(st *stream) error {
		var shards []shardState
		if st.state.status(now) != statusCreating {
			shards = st.state.Topology.list(first, nil)
		}
		out.Stream.description = st.description(now)
		out.Stream.More = len(shards) > limit
		out.Stream.Shards = st.describeAll(shards[:min(limit, len(shards))])
		return nil
	})
	return out, err
}

// checkPage checks the members by which a list of shards is paged. It returns the size of the page and the smallest index
// in it.
func checkPage(member string, limit *int64, exclusiveStart string, most int) (size int, first uint32, err error) {
	var v violations
	v.between(member, limit, 1, 10_000)
	if err := v.err(); err != nil {
		return 0, 0, err
	}
	size = most
	if limit != nil {
		size = min(most, int(*limit))
	}
	if exclusiveStart == "" {
		return size, 0, nil
	}
	start, ok := parseShardID(exclusiveStart)
	if !ok {
		return 0, 0, invalidArgument("The ExclusiveStartShardId %s is not valid.", exclusiveStart)
	}
	return size, start + 1, nil
}

type describeSummaryRequest struct {
	streamRef
}

type describeSummaryResponse struct {
	Summary struct {
		description
		OpenShards   int   `json:"OpenShardCount"`
		Consumers    int   `json:"ConsumerCount"`
		MaxRecordKiB int64 `json:"MaxRecordSizeInKiB"`
	} `json:"StreamDescriptionSummary"`
}

func (s *Service) describeStreamSummary(now int64, r *describeSummaryRequest) (*describeSummaryResponse, error) {
	out := &describeSummaryResponse{}
	err := s.with(r.streamRef, now, func(st *stream) error {
		out.Summary.description = st.description(now)
		out.Summary.MaxRecordKiB = st.state.MaxRecordKiB
		if out.Summary.Status != statusCreating {
			out.Summary.OpenShards = st.state.Topology.openCount()
		}
		return nil
	})
	return out, err
}

type describeLimitsResponse struct {
	ShardLimit    int `json:"ShardLimit"`
	OpenShards    int `json:"OpenShardCount"`
	OnDemand      int `json:"OnDemandStreamCount"`
	OnDemandLimit int `json:"OnDemandStreamCountLimit"`
}

func (s *Service) describeLimits(now int64, _ *struct{}) (*describeLimitsResponse, error) {
	open, onDemand := s.usage(now)
	return &describeLimitsResponse{
		ShardLimit: s.options.ShardLimit, OpenShards: open, OnDemand: onDemand, OnDemandLimit: maxOnDemandStreams,
	}, nil
}
