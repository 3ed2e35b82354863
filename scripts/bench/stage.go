package main

import (
	"strings"

	"github.com/google/pprof/profile"
)

// stage is a part of an event's way through a process.
type stage struct {
	id   string
	text string
	// functions are prefixes of the names of functions. What the outermost of them calls belongs to the stage.
	functions []string
}

// stages are all parts but the rest, in the order of the way. Where a function belongs to two, the first has it.
var stages = []stage{
	{"merge", "merging what all shards have learnt", ourFunctions("processor/follow.", "processor.(*rows).adopt", "model.(*Merged)", "model.(*Edition)")},
	{"commit", "the log: objects, leases, checkpoints", append(
		ourFunctions("infra/s3.", "infra/dynamo.", "processor/chain.", "processor.(*upload)", "worker/lease."),
		sdkFunctions("service/s3.", "service/dynamodb.")...,
	)},
	{"pages", "pages: HTTP, signatures, decoding", append(
		sdkFunctions("service/kinesis."), ourModule+"infra/kinesis.", "net/http.(*persistConn)", "main.dropAll", "github.com/awslabs/kinesis-aggregation/",
	)},
	{"decode", "events: decoding", append(ourFunctions("processor/event."), "encoding/json.Unmarshal")},
	{"recommend", "  recommending", ourFunctions("processor.(*rows).recommend")},
	{"learn", "  learning from them, or counting", append(ourFunctions("processor.(*duplicates)", "model."), "main.(*plainProcessor).count")},
	{"write", "  writing: rows of Parquet, or lines of JSON", append(ourFunctions("processor/table."), "encoding/json.(*Encoder)", "compress/gzip.")},
	{"collect", "garbage collection, beside what is in the others", []string{"runtime.gcBgMarkWorker", "runtime.bgsweep", "runtime.bgscavenge"}},
}

const (
	ourModule = "github.com/streamrec/streamrec/"
	sdkModule = "github.com/aws/aws-sdk-go-v2/"
	restStage = "rest"
)

func ourFunctions(names ...string) []string { return prefixed(ourModule, names) }
func sdkFunctions(names ...string) []string { return prefixed(sdkModule, names) }

func prefixed(prefix string, names []string) (all []string) {
	for _, name := range names {
		all = append(all, prefix+name)
	}
	return all
}

// byStage returns the share of each stage in the CPU time of a profile, and that of the rest. It is empty for a profile without samples.
func byStage(p *profile.Profile) map[string]float64 {
	spent, all := map[string]float64{}, 0.0
	for _, s := range p.Sample {
		cpu := float64(s.Value[len(s.Value)-1])
		spent[stageOf(s)] += cpu
		all += cpu
	}
	for id := range spent {
		spent[id] /= all
	}
	return spent
}

// stageOf goes from the outermost function of a sample inwards.
func stageOf(s *profile.Sample) string {
	for i := len(s.Location) - 1; i >= 0; i-- {
		lines := s.Location[i].Line
		for j := len(lines) - 1; j >= 0; j-- { // what is inlined comes before what it is inlined into
			if id := stageOfFunction(lines[j].Function.Name); id != "" {
				return id
			}
		}
	}
	return restStage
}

func stageOfFunction(name string) string {
	for _, s := range stages {
		for _, prefix := range s.functions {
			if strings.HasPrefix(name, prefix) {
				return s.id
			}
		}
	}
	return ""
}
