package kinesis

import (
	"slices"
)

// shardFilter selects shards for ListShards. The zero value selects all that are within retention.
type shardFilter struct {
	Type      string    `json:"Type"`
	ShardID   string    `json:"ShardId,omitempty"`
	Timestamp *timeUnix `json:"Timestamp,omitempty"`
}

const (
	filterAfterShard    = "AFTER_SHARD_ID"
	filterAtTrimHorizon = "AT_TRIM_HORIZON"
	filterFromHorizon   = "FROM_TRIM_HORIZON"
	filterAtLatest      = "AT_LATEST"
	filterAtTime        = "AT_TIMESTAMP"
	filterFromTime      = "FROM_TIMESTAMP"
)

func filterTypes() []string {
	return []string{filterAfterShard, filterAtTrimHorizon, filterFromHorizon, filterAtLatest, filterAtTime, filterFromTime}
}

// check refuses a filter whose type and properties do not belong together.
func (f *shardFilter) check() error {
	if f == nil {
		return nil
	}
	var v violations
	v.oneOf("shardFilter.type", f.Type, filterTypes())
	if err := v.err(); err != nil {
		return err
	}
	if wants := f.Type == filterAfterShard; wants != (f.ShardID != "") {
		return filterMismatch(f.Type, "ShardId", wants)
	}
	if wants := f.Type == filterAtTime || f.Type == filterFromTime; wants != (f.Timestamp != nil) {
		return filterMismatch(f.Type, "Timestamp", wants)
	}
	if f.ShardID != "" {
		if _, ok := parseShardID(f.ShardID); !ok {
			return invalidArgument("The ShardId %s of the ShardFilter is not valid.", f.ShardID)
		}
	}
	return nil
}

func filterMismatch(kind, property string, wants bool) error {
	if wants {
		return invalidArgument("Must specify %s parameter for ShardFilter of type %s.", property, kind)
	}
	return invalidArgument("%s parameter must not be specified for ShardFilter of type %s.", property, kind)
}

// list selects from the shards within retention whose index is first or higher.
func (t *topology) list(first uint32, f *shardFilter) []shardState {
	at, _ := slices.BinarySearchFunc(t.Shards, first, shardState.compareIndex)
	if f == nil {
		return t.Shards[at:]
	}
	return slices.DeleteFunc(slices.Clone(t.Shards[at:]), func(s shardState) bool { return !t.selects(f, s) })
}

// selects decides about one shard. FROM_TIMESTAMP needs no correction to the trim horizon, since shards that were closed
// before it are gone.
func (t *topology) selects(f *shardFilter, s shardState) bool {
	switch f.Type {
	case filterAfterShard:
		after, _ := parseShardID(f.ShardID)
		return s.Index > after
	case filterAtLatest:
		return s.open()
	case filterAtTrimHorizon:
		return t.isRoot(s)
	case filterAtTime:
		at := int64(*f.Timestamp)
		return s.Opened.Millis <= at && (s.open() || s.Closed.Millis >= at)
	case filterFromTime:
		return s.open() || s.Closed.Millis >= int64(*f.Timestamp)
	default:
		return true
	}
}

// isRoot reports whether no parent of the shard is within retention. Those are exactly the shards that were open at the trim
// horizon: a parent is dropped when it was closed before the horizon, and its children open where it closes. Unlike a
// comparison of times this keeps covering the hash space exactly once when a stream is resharded twice in a millisecond.
func (t *topology) isRoot(s shardState) bool {
	return !slices.ContainsFunc(s.Parents, func(parent uint32) bool {
		return t.find(parent) != nil
	})
}
