package dynamo

import (
	"encoding/binary"
	"math/bits"

	"github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"
)

const maxSegments = 1000000

type scanInput struct {
	TableName     string
	Segment       *int
	TotalSegments *int
	pageOptions
}

func (s *Service) scan(in *scanInput, used *Usage) (any, error) {
	if err := firstError(in.check(), in.checkSegments()); err != nil {
		return nil, err
	}
	scope, err := in.scope(in.projectionExpression(), in.filterExpression())
	if err != nil {
		return nil, err
	}
	v, err := in.view(scope)
	if err := firstError(err, scope.Unused()); err != nil {
		return nil, err
	}
	t, p, err := s.scanPage(in, v)
	if err != nil {
		return nil, err
	}
	return in.output(t, p, v, used), nil
}

func (in *scanInput) checkSegments() error {
	switch {
	case in.Segment == nil && in.TotalSegments == nil:
		return nil
	case in.TotalSegments == nil:
		return invalid("The TotalSegments parameter is required but was not present in the request when Segment parameter is present")
	case in.Segment == nil:
		return invalid("The Segment parameter is required but was not present in the request when parameter TotalSegments is present")
	case *in.TotalSegments > maxSegments:
		return constrain(*in.TotalSegments, "totalSegments", "Member must have value less than or equal to "+itoa(maxSegments))
	case *in.Segment >= *in.TotalSegments:
		return invalid("The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: %d is not less than TotalSegments: %d",
			*in.Segment, *in.TotalSegments)
	}
	return firstError(checkAtLeast("segment", in.Segment, 0), checkAtLeast("totalSegments", in.TotalSegments, 1))
}

// scanPage reads the page under the lock; filter and projection follow outside of it.
func (s *Service) scanPage(in *scanInput, v view) (*table, page, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t, err := s.activeTable(in.TableName)
	if err != nil {
		return nil, page{}, err
	}
	if err := v.check(t.schema); err != nil {
		return nil, page{}, err
	}
	segment := in.segment()
	if in.ExclusiveStartKey != nil {
		if segment, err = in.resume(t.schema, segment); err != nil {
			return nil, page{}, err
		}
	}
	return t, newPage(t.rows.ascend(segment), in.Limit), nil
}

// segment is the range of ids that the request scans. Ids begin with a hash, so that equal parts of the range of hashes hold
// about equally many partitions.
func (in *scanInput) segment() span {
	if in.Segment == nil {
		return span{}
	}
	segment, total := uint64(*in.Segment), uint64(*in.TotalSegments)
	return span{segmentStart(segment, total), segmentStart(segment+1, total)}
}

// segmentStart is the smallest id of a segment: ceil(segment / total × 2^64) as eight bytes. It is empty, which means no
// limit, for the first segment and for the one behind the last.
func segmentStart(segment, total uint64) string {
	if segment == 0 || segment == total {
		return ""
	}
	start, remainder := bits.Div64(segment, 0, total)
	if remainder > 0 {
		start++
	}
	return string(binary.BigEndian.AppendUint64(nil, start))
}

func (in *scanInput) resume(keys schema, segment span) (span, error) {
	var start attr.Map = in.ExclusiveStartKey
	if err := keys.checkKey(start); err != nil {
		return span{}, invalid("The provided starting key is invalid: %s", err)
	}
	id := keys.id(start)
	if id < segment.low || segment.high != "" && id >= segment.high {
		return span{}, invalid("The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. TotalSegments: %d Segment: %d",
			*in.TotalSegments, *in.Segment)
	}
	return span{after(id), segment.high}, nil
}
