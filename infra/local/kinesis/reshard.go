package kinesis

type splitShardRequest struct {
	streamRef
	ShardToSplit       string `json:"ShardToSplit"`
	NewStartingHashKey string `json:"NewStartingHashKey"`
}

func (s *Service) splitShard(now int64, r *splitShardRequest) (*empty, error) {
	var v violations
	v.name("shardToSplit", r.ShardToSplit)
	v.decimal("newStartingHashKey", r.NewStartingHashKey, 39)
	if err := v.err(); err != nil {
		return nil, err
	}
	open, _ := s.usage(now)
	return &empty{}, s.reshard(r.streamRef, now, "SplitShard", func(st *stream, next *topology) error {
		shard, err := st.openShard(next, r.ShardToSplit)
		if err != nil {
			return err
		}
		key, err := parseHashKey([]byte(r.NewStartingHashKey))
		if err != nil || !splits(shard.Range, key) {
			return invalidArgument("NewStartingHashKey %s used in SplitShard() on shard %s in stream %s under account %s is not both greater "+
				"than one plus the shard's StartingHashKey %s and less than the shard's EndingHashKey %s.",
				r.NewStartingHashKey, r.ShardToSplit, st.name, s.account.id, shard.Range.Start, shard.Range.End)
		}
		if err := s.roomFor(1, open); err != nil {
			return err
		}
		next.split(shard.Index, key, st.tick(now))
		return nil
	})
}

// splits reports whether both parts of a range would have at least two keys.
func splits(keys hashRange, at hashKey) bool {
	return keys.contains(at) && at != keys.Start && at != keys.Start.next() && at != keys.End
}

type mergeShardsRequest struct {
	streamRef
	ShardToMerge         string `json:"ShardToMerge"`
	AdjacentShardToMerge string `json:"AdjacentShardToMerge"`
}

func (s *Service) mergeShards(now int64, r *mergeShardsRequest) (*empty, error) {
	var v violations
	v.name("shardToMerge", r.ShardToMerge)
	v.name("adjacentShardToMerge", r.AdjacentShardToMerge)
	if err := v.err(); err != nil {
		return nil, err
	}
	return &empty{}, s.reshard(r.streamRef, now, "MergeShards", func(st *stream, next *topology) error {
		shard, err := st.openShard(next, r.ShardToMerge)
		if err != nil {
			return err
		}
		adjacent, err := st.openShard(next, r.AdjacentShardToMerge)
		if err != nil {
			return err
		}
		if !touch(shard.Range, adjacent.Range) && !touch(adjacent.Range, shard.Range) {
			return invalidArgument("Shards %s and %s in stream %s under account %s are not an adjacent pair of shards eligible for merging",
				r.ShardToMerge, r.AdjacentShardToMerge, st.name, s.account.id)
		}
		next.merge(shard.Index, adjacent.Index, st.tick(now))
		return nil
	})
}

// touch reports whether b begins right behind a.
func touch(a, b hashRange) bool { return a.End != lastHashKey && a.End.next() == b.Start }

type updateShardCountRequest struct {
	streamRef
	Target      *int64 `json:"TargetShardCount"`
	ScalingType string `json:"ScalingType"`
}

type updateShardCountResponse struct {
	StreamName string `json:"StreamName"`
	StreamARN  string `json:"StreamARN"`
	Current    int    `json:"CurrentShardCount"`
	Target     int    `json:"TargetShardCount"`
}

// maxDailyScalings is how often a stream may be scaled in 24 hours.
const maxDailyScalings = 10

func (s *Service) updateShardCount(now int64, r *updateShardCountRequest) (*updateShardCountResponse, error) {
	var v violations
	v.oneOf("scalingType", r.ScalingType, []string{"UNIFORM_SCALING"})
	v.required("targetShardCount", r.Target, 1, 100_000)
	if err := v.err(); err != nil {
		return nil, err
	}
	target, out := int(*r.Target), &updateShardCountResponse{}
	open, _ := s.usage(now)
	err := s.reshard(r.streamRef, now, updateShardCount, func(st *stream, next *topology) error {
		*out = updateShardCountResponse{StreamName: st.name, StreamARN: s.account.arn(st.name), Current: next.openCount(), Target: target}
		if err := st.checkScaling(now, out.Current, target); err != nil {
			return err
		}
		if err := s.roomFor(next.scalingPeak(target)-out.Current, open); err != nil {
			return err
		}
		next.scale(target, st.tick(now))
		return nil
	})
	return out, err
}

// checkScaling applies the rules of UpdateShardCount: at most double, at least half, a bounded number of times a day.
func (s *stream) checkScaling(now int64, current, target int) error {
	switch {
	case target > 2*current:
		return invalidArgument("UpdateShardCount cannot scale up over double your current open shard count. "+
			"Current open shard count: %d Target shard count: %d", current, target)
	case 2*target < current:
		return invalidArgument("UpdateShardCount cannot scale down below half your current open shard count. "+
			"Current open shard count: %d Target shard count: %d", current, target)
	case target > maxShardsOfStream:
		return limitExceeded("UpdateShardCount cannot scale a stream to more than %d shards. Target shard count: %d", maxShardsOfStream, target)
	case s.options.EnforceLimits && len(recent(s.state.Scalings, now)) >= maxDailyScalings:
		return limitExceeded("UpdateShardCount can be called at most %d times per rolling 24-hour period per stream.", maxDailyScalings)
	}
	return nil
}

const updateShardCount = "UpdateShardCount"

// reshard changes the topology of an active, provisioned stream.
func (s *Service) reshard(ref streamRef, now int64, operation string, edit func(*stream, *topology) error) error {
	return s.with(ref, now, func(st *stream) error {
		if err := st.requireProvisioned(operation); err != nil {
			return err
		}
		if err := st.requireActive(now); err != nil {
			return err
		}
		next := st.state.clone()
		if err := edit(st, &next.Topology); err != nil {
			return err
		}
		if operation == updateShardCount {
			next.Scalings = append(recent(next.Scalings, now), now)
		}
		next.begin(statusUpdating, now, s.options.CreateDelay)
		return st.apply(next)
	})
}

// openShard finds an open shard by its id.
func (s *stream) openShard(t *topology, id string) (shardState, error) {
	index, ok := parseShardID(id)
	shard := t.find(index)
	if !ok || shard == nil {
		return shardState{}, notFound("Could not find shard %s in stream %s under account %s.", id, s.name, s.account.id)
	}
	if !shard.open() {
		return shardState{}, invalidArgument("Shard %s in stream %s under account %s has already been merged or split, and thus is not eligible "+
			"for merging or splitting.", id, s.name, s.account.id)
	}
	return *shard, nil
}
