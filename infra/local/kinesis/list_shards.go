package kinesis

import "slices"

type listShardsRequest struct {
	streamRef
	NextToken             string       `json:"NextToken"`
	ExclusiveStartShardID string       `json:"ExclusiveStartShardId"`
	MaxResults            *int64       `json:"MaxResults"`
	ShardFilter           *shardFilter `json:"ShardFilter"`
	Created               *timeUnix    `json:"StreamCreationTimestamp"`
}

type listShardsResponse struct {
	Shards    []shardOutput `json:"Shards"`
	NextToken string        `json:"NextToken,omitempty"`
}

// shardPage is what a ListShards request asks for once its token is opened.
type shardPage struct {
	ref     streamRef
	first   uint32 // smallest index
	size    int
	filter  *shardFilter
	created *timeUnix
	epoch   uint64 // of the stream that a token is for, else 0
}

// maxListed is how many shards one ListShards returns.
const maxListed = 1000

func (s *Service) listShards(now int64, r *listShardsRequest) (*listShardsResponse, error) {
	page, err := s.shardPage(now, r)
	if err != nil {
		return nil, err
	}
	out := &listShardsResponse{}
	err = s.with(page.ref, now, func(st *stream) error {
		if page.epoch != 0 && page.epoch != st.epoch || page.created != nil && int64(*page.created) != st.state.Created {
			return s.account.streamMissing(st.name)
		}
		if st.state.status(now) == statusCreating {
			return st.requireActive(now)
		}
		shards := st.state.Topology.list(page.first, page.filter)
		if len(shards) > page.size {
			out.NextToken = page.next(now, st, shards[page.size].Index).String()
			shards = shards[:page.size]
		}
		out.Shards = st.describeAll(shards)
		return nil
	})
	return out, err
}

func (s *Service) shardPage(now int64, r *listShardsRequest) (shardPage, error) {
	size, first, err := checkPage("maxResults", r.MaxResults, r.ExclusiveStartShardID, maxListed)
	if err != nil {
		return shardPage{}, err
	}
	if err := r.ShardFilter.check(); err != nil {
		return shardPage{}, err
	}
	if r.NextToken == "" {
		return shardPage{ref: r.streamRef, first: first, size: size, filter: r.ShardFilter, created: r.Created}, nil
	}
	switch {
	case r.StreamName != "":
		return shardPage{}, invalidArgument("NextToken and StreamName cannot be provided together.")
	case r.ExclusiveStartShardID != "":
		return shardPage{}, invalidArgument("NextToken and ExclusiveStartShardId cannot be provided together.")
	case r.Created != nil:
		return shardPage{}, invalidArgument("NextToken and StreamCreationTimestamp cannot be provided together.")
	}
	page, err := openPage(now, r.NextToken)
	if err != nil {
		return shardPage{}, err
	}
	page.size, page.ref.StreamARN = size, r.StreamARN
	if r.ShardFilter != nil && !page.filter.same(r.ShardFilter) {
		return shardPage{}, invalidArgument("ShardFilter is not the one that NextToken was issued for.")
	}
	return page, nil
}

// next makes the token for the page that begins at an index.
func (p shardPage) next(now int64, st *stream, index uint32) token {
	t := token{kind: tokenShards, issued: now, epoch: st.epoch, shard: index, stream: st.name}
	if p.filter != nil {
		t.filter = uint8(slices.Index(filterTypes(), p.filter.Type) + 1)
		t.counter = uint64(p.filter.after())
		if p.filter.Timestamp != nil {
			t.time = int64(*p.filter.Timestamp)
		}
	}
	return t
}

// openPage reads what next wrote.
func openPage(now int64, text string) (shardPage, error) {
	t, err := parseToken(tokenShards, text)
	if err != nil {
		return shardPage{}, invalidArgument("Invalid NextToken.")
	}
	if t.expired(now) {
		return shardPage{}, clientFault("ExpiredNextTokenException", "The NextToken has expired; tokens are good for 300 seconds.")
	}
	page := shardPage{ref: streamRef{StreamName: t.stream}, first: t.shard, epoch: t.epoch}
	if t.filter == 0 {
		return page, nil
	}
	page.filter = &shardFilter{Type: filterTypes()[t.filter-1]}
	switch page.filter.Type {
	case filterAfterShard:
		page.filter.ShardID = shardID(uint32(t.counter)) // next put 32 bits there
	case filterAtTime, filterFromTime:
		page.filter.Timestamp = (*timeUnix)(&t.time)
	}
	return page, nil
}

// after is the index that AFTER_SHARD_ID names.
func (f *shardFilter) after() uint32 {
	index, _ := parseShardID(f.ShardID)
	return index
}

func (f *shardFilter) same(other *shardFilter) bool {
	return f != nil && f.Type == other.Type && f.ShardID == other.ShardID &&
		(f.Timestamp == nil) == (other.Timestamp == nil) &&
		(f.Timestamp == nil || *f.Timestamp == *other.Timestamp)
}
