package main

import (
	"context"
	"fmt"

	"github.com/streamrec/streamrec/scripts/reshard"
)

// The stream keeps within these bounds.
const (
	leastShards = 2
	mostShards  = 8
)

// splitAny asks for the halves of one of the shards.
func splitAny(pick int) func(open reshard.Topology) (reshard.Request, error) {
	return func(open reshard.Topology) (reshard.Request, error) {
		if len(open) >= mostShards {
			return reshard.Request{}, passOver("the stream has %d shards", len(open))
		}
		return reshard.Request{Split: []string{open[pick%len(open)].ID}}, nil
	}
}

// mergeAny asks for one of the neighbours.
func mergeAny(pick int) func(open reshard.Topology) (reshard.Request, error) {
	return func(open reshard.Topology) (reshard.Request, error) {
		if len(open) <= leastShards {
			return reshard.Request{}, passOver("the stream has %d shards", len(open))
		}
		at := pick % (len(open) - 1)
		return reshard.Request{Merge: []string{open[at].ID, open[at+1].ID}}, nil
	}
}

func (s *soak) reshard(ctx context.Context, choose func(reshard.Topology) (reshard.Request, error)) (string, heal, error) {
	state, err := s.stack.stream.Look(ctx)
	if err != nil {
		return "", nil, err
	}
	if !state.Active {
		return "", nil, passOver("the stream is being changed")
	}
	request, err := choose(state.Shards.Open())
	if err != nil {
		return "", nil, err
	}
	steps, err := request.Plan(state.Shards)
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("%s, then %d", steps[0], steps[0].Shards), nil, s.stack.stream.Do(ctx, steps[0])
}
