package kinesis

import (
	"math"
	"time"
)

// Shard iterator types.
const (
	iterateAt      = "AT_SEQUENCE_NUMBER"
	iterateAfter   = "AFTER_SEQUENCE_NUMBER"
	iterateTime    = "AT_TIMESTAMP"
	iterateHorizon = "TRIM_HORIZON"
	iterateLatest  = "LATEST"
)

type shardIteratorRequest struct {
	streamRef
	ShardID   string    `json:"ShardId"`
	Type      string    `json:"ShardIteratorType"`
	Start     string    `json:"StartingSequenceNumber"`
	Timestamp *timeUnix `json:"Timestamp"`
	DryRun    bool      `json:"DryRun"`
}

type shardIteratorResponse struct {
	ShardIterator string `json:"ShardIterator"`
}

func (r *shardIteratorRequest) check(now int64) error {
	var v violations
	v.name("shardId", r.ShardID)
	v.oneOf("shardIteratorType", r.Type, []string{iterateAfter, iterateLatest, iterateTime, iterateAt, iterateHorizon})
	if r.Start != "" {
		v.decimal("startingSequenceNumber", r.Start, 129)
	}
	if err := v.err(); err != nil {
		return err
	}
	if byNumber := r.Type == iterateAt || r.Type == iterateAfter; byNumber != (r.Start != "") {
		return invalidArgument("Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or "+
			"(2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified %s and %s.", r.Type, r.startGiven())
	}
	if r.Type != iterateTime {
		return nil
	}
	if r.Timestamp == nil {
		return invalidArgument("Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp parameter.")
	}
	if int64(*r.Timestamp) > now {
		return invalidArgument("The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "+
			"timestampInMillis: %d, currentTimestampInMillis: %d", *r.Timestamp, now)
	}
	return nil
}

func (r *shardIteratorRequest) startGiven() string {
	if r.Start == "" {
		return "no StartingSequenceNumber"
	}
	return "also a StartingSequenceNumber"
}

func (s *Service) getShardIterator(now int64, r *shardIteratorRequest) (*shardIteratorResponse, error) {
	if err := r.check(now); err != nil {
		return nil, err
	}
	out := &shardIteratorResponse{}
	err := s.with(r.streamRef, now, func(st *stream) error {
		p, err := st.readable(now, r.ShardID)
		if err != nil {
			return err
		}
		counter, err := st.start(now, p, r)
		if err != nil {
			return err
		}
		if r.DryRun {
			return dryRun()
		}
		out.ShardIterator = st.iterator(now, p, counter).String()
		return nil
	})
	return out, err
}

// readable finds the shard that a reader names.
func (s *stream) readable(now int64, id string) (*partition, error) {
	if err := s.requireData(now); err != nil {
		return nil, err
	}
	index, ok := parseShardID(id)
	p := s.partitions[index]
	if !ok || p == nil {
		return nil, notFound("Shard %s in stream %s under account %s does not exist", id, s.name, s.account.id)
	}
	return p, nil
}

func (s *stream) iterator(now int64, p *partition, counter uint64) token {
	return token{kind: tokenIterator, issued: now, epoch: s.epoch, counter: counter, shard: p.index, stream: s.name}
}

// start resolves where to read from to the first counter wanted.
func (s *stream) start(now int64, p *partition, r *shardIteratorRequest) (uint64, error) {
	switch r.Type {
	case iterateHorizon:
		return 0, nil
	case iterateLatest:
		return s.counter + 1, nil
	case iterateTime:
		return s.startAtTime(now, p, int64(*r.Timestamp))
	default:
		return s.startAtNumber(p, r)
	}
}

// startAtTime falls back to the next record to come when nothing as late is stored.
func (s *stream) startAtTime(now int64, p *partition, at int64) (uint64, error) {
	if err := p.log.trim(s.state.cutoff(now)); err != nil {
		return 0, err
	}
	found, ok, err := p.log.seek(at)
	if err != nil || !ok {
		return s.counter + 1, err
	}
	return found.counter, nil
}

// startAtNumber accepts any number between the bounds of the shard. One that is trimmed reads from the trim horizon, silently
// like in the real service.
func (s *stream) startAtNumber(p *partition, r *shardIteratorRequest) (uint64, error) {
	start, err := parseSequence([]byte(r.Start))
	if err != nil {
		return 0, invalidArgument("StartingSequenceNumber %s used in GetShardIterator on shard %s in stream %s under account %s is invalid.",
			r.Start, p.id, s.name, s.account.id)
	}
	if start.epoch != s.epoch || start.counter > s.counter {
		return 0, invalidArgument("StartingSequenceNumber %s used in GetShardIterator on shard %s in stream %s under account %s is invalid "+
			"because it did not come from this stream.", r.Start, p.id, s.name, s.account.id)
	}
	if start.shard != p.index {
		return 0, invalidArgument("Invalid StartingSequenceNumber. It encodes %s, while it was used in a call to a shard with %s",
			shardID(start.shard), p.id)
	}
	if r.Type == iterateAfter && start.counter < math.MaxUint64 {
		return start.counter + 1, nil
	}
	return start.counter, nil
}

// openIterator checks an iterator that came back.
func openIterator(now int64, text string) (token, error) {
	var v violations
	if text == "" {
		v.missing("shardIterator")
	}
	v.length("shardIterator", text, 0, 512)
	if err := v.err(); err != nil {
		return token{}, err
	}
	t, err := parseToken(tokenIterator, text)
	if err != nil {
		return token{}, invalidArgument("Invalid ShardIterator.")
	}
	if t.expired(now) {
		return token{}, clientFault("ExpiredIteratorException", "Iterator expired. The iterator was created at time %s while right now it is %s "+
			"which is further in the future than the tolerated delay of %d milliseconds.", javaTime(t.issued), javaTime(now), tokenLifeMillis)
	}
	return t, nil
}

// javaTime formats times as the real service's messages do.
func javaTime(millis int64) string {
	return time.UnixMilli(millis).UTC().Format("Mon Jan 02 15:04:05 MST 2006")
}
