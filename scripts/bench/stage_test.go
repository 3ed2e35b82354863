package main

import (
	"compress/gzip"
	"encoding/json"
	"maps"
	"reflect"
	"runtime"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/google/pprof/profile"

	infrakinesis "github.com/streamrec/streamrec/infra/kinesis"
	infras3 "github.com/streamrec/streamrec/infra/s3"
	"github.com/streamrec/streamrec/model"
	stream "github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/processor/follow"
	"github.com/streamrec/streamrec/processor/table"
	"github.com/streamrec/streamrec/worker/lease"
)

// sampleOf is a sample of a stack, from the innermost function outwards. Functions in one list are inlined into its last.
func sampleOf(cpu int64, stack ...[]string) *profile.Sample {
	s := &profile.Sample{Value: []int64{cpu / 10, cpu}}
	for _, names := range stack {
		l := &profile.Location{}
		for _, name := range names {
			l.Line = append(l.Line, profile.Line{Function: &profile.Function{Name: name}})
		}
		s.Location = append(s.Location, l)
	}
	return s
}

// TestByStage has a function that belongs to a stage of its own below one of another stage, one that is inlined, and one of none.
func TestByStage(t *testing.T) {
	p := &profile.Profile{Sample: []*profile.Sample{
		sampleOf(30, []string{"runtime.mallocgc"}, []string{ourModule + "processor/event.(*Decoder).Decode"}, []string{"main.main"}),
		sampleOf(20, []string{ourModule + "processor/table.Read"}, []string{ourModule + "processor/follow.(*Live).merge"}),
		sampleOf(10, []string{ourModule + "model.(*Model).Recommend", ourModule + "processor.(*rows).recommend", ourModule + "processor.(*rows).add"}),
		sampleOf(15, []string{"compress/gzip.(*Writer).Write"}, []string{"main.(*plainProcessor).ProcessRecords"}),
		sampleOf(20, []string{"runtime.scanobject"}, []string{"runtime.gcBgMarkWorker"}),
		sampleOf(5, []string{"runtime.findRunnable"}, []string{"runtime.mcall"}),
	}}
	want := map[string]float64{"decode": .30, "merge": .20, "recommend": .10, "write": .15, "collect": .20, restStage: .05}
	if got := byStage(p); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := byStage(&profile.Profile{}); len(got) != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

// TestStagesKnowTheProgram asks functions for their names: one that has moved would belong to the rest.
func TestStagesKnowTheProgram(t *testing.T) {
	for _, c := range []struct {
		function any
		stage    string
	}{
		{(*infrakinesis.Stream).Read, "pages"},
		{(*kinesis.Client).GetRecords, "pages"},
		{(*stream.Decoder).Decode, "decode"},
		{json.Unmarshal, "decode"},
		{(*model.Model).Observe, "learn"},
		{(*table.Writer).Append, "write"},
		{(*json.Encoder).Encode, "write"},
		{(*gzip.Writer).Write, "write"},
		{(*infras3.Bucket).PutIfAbsent, "commit"},
		{(*lease.Term).Checkpoint, "commit"},
		{(*follow.Follower).Run, "merge"},
	} {
		name := runtime.FuncForPC(reflect.ValueOf(c.function).Pointer()).Name()
		if got := stageOfFunction(name); got != c.stage {
			t.Errorf("%s belongs to %q, want %q", name, got, c.stage)
		}
	}
}
