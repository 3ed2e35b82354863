package kinesis

import (
	"maps"
	"slices"
)

// maxTags is how many tags a stream may have.
const maxTags = 50

type addTagsRequest struct {
	streamRef
	Tags map[string]string `json:"Tags"`
}

func (s *Service) addTags(now int64, r *addTagsRequest) (*empty, error) {
	var v violations
	if len(r.Tags) == 0 {
		v.missing("tags")
	}
	v.tags(r.Tags)
	if err := v.err(); err != nil {
		return nil, err
	}
	return &empty{}, s.with(r.streamRef, now, func(st *stream) error {
		if err := st.requireActive(now); err != nil {
			return err
		}
		next := st.state.clone()
		if next.Tags == nil {
			next.Tags = make(map[string]string, len(r.Tags))
		}
		maps.Copy(next.Tags, r.Tags)
		if len(next.Tags) > maxTags {
			return invalidArgument("Failed to add tags to stream %s under account %s because it would have %d tags. The limit is %d.",
				st.name, s.account.id, len(next.Tags), maxTags)
		}
		return st.apply(next)
	})
}

type listTagsRequest struct {
	streamRef
	Limit          *int64 `json:"Limit"`
	ExclusiveStart string `json:"ExclusiveStartTagKey"`
}

type tag struct {
	Key   string `json:"Key"`
	Value string `json:"Value"`
}

type listTagsResponse struct {
	Tags []tag `json:"Tags"`
	More bool  `json:"HasMoreTags"`
}

func (s *Service) listTags(now int64, r *listTagsRequest) (*listTagsResponse, error) {
	var v violations
	v.between("limit", r.Limit, 1, maxTags)
	if err := v.err(); err != nil {
		return nil, err
	}
	size := maxTags
	if r.Limit != nil {
		size = int(*r.Limit)
	}
	out := &listTagsResponse{Tags: []tag{}}
	err := s.with(r.streamRef, now, func(st *stream) error {
		keys := slices.Sorted(maps.Keys(st.state.Tags))
		keys = slices.DeleteFunc(keys, func(key string) bool { return key <= r.ExclusiveStart && r.ExclusiveStart != "" })
		out.More = len(keys) > size
		for _, key := range keys[:min(size, len(keys))] {
			out.Tags = append(out.Tags, tag{Key: key, Value: st.state.Tags[key]})
		}
		return nil
	})
	return out, err
}
