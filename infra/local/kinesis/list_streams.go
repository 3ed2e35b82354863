package kinesis

import (
	"maps"
	"slices"
)

type listStreamsRequest struct {
	Limit          *int64 `json:"Limit"`
	ExclusiveStart string `json:"ExclusiveStartStreamName"`
	NextToken      string `json:"NextToken"`
}

type streamSummary struct {
	StreamName string            `json:"StreamName"`
	StreamARN  string            `json:"StreamARN"`
	Status     string            `json:"StreamStatus"`
	Mode       streamModeDetails `json:"StreamModeDetails"`
	Created    timeUnix          `json:"StreamCreationTimestamp"`
}

type listStreamsResponse struct {
	Names     []string        `json:"StreamNames"`
	Summaries []streamSummary `json:"StreamSummaries"`
	More      bool            `json:"HasMoreStreams"`
	NextToken string          `json:"NextToken,omitempty"`
}

func (s *Service) listStreams(now int64, r *listStreamsRequest) (*listStreamsResponse, error) {
	size, after, err := r.page()
	if err != nil {
		return nil, err
	}
	out := &listStreamsResponse{Names: []string{}, Summaries: []streamSummary{}}
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, name := range slices.Sorted(maps.Keys(s.streams)) {
		if name <= after || s.streams[name].gone(now) {
			continue
		}
		if len(out.Names) == size {
			out.More = true
			out.NextToken = token{kind: tokenStreams, issued: now, stream: out.Names[size-1]}.String()
			break
		}
		out.Names = append(out.Names, name)
		out.Summaries = append(out.Summaries, s.streams[name].summary(now))
	}
	return out, nil
}

// page returns how many streams to list, and the name after which to begin.
func (r *listStreamsRequest) page() (size int, after string, err error) {
	var v violations
	v.between("limit", r.Limit, 1, 10_000)
	if err := v.err(); err != nil {
		return 0, "", err
	}
	size = 100
	if r.Limit != nil {
		size = min(size, int(*r.Limit))
	}
	if r.NextToken == "" {
		return size, r.ExclusiveStart, nil
	}
	t, err := parseToken(tokenStreams, r.NextToken)
	if err != nil {
		return 0, "", invalidArgument("Invalid NextToken.")
	}
	return size, t.stream, nil
}

func (s *stream) summary(now int64) streamSummary {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.description(now)
	return streamSummary{StreamName: d.StreamName, StreamARN: d.StreamARN, Status: d.Status, Mode: d.Mode, Created: d.Created}
}
