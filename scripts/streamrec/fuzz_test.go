package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/replay"
)

// FuzzPlanFile reads plan files of reset that anybody may have edited. A file is refused in a sentence, or is for this application and the next
// plan, and asks for one thing.
func FuzzPlanFile(f *testing.F) {
	plan := resetPlan{App: "shop", Stream: "clicks", Bucket: "b", Prefix: "events", Number: 4, From: 494_000, Before: "1", After: "1", Reason: "r"}
	for _, change := range []func(p *resetPlan){
		func(*resetPlan) {}, func(p *resetPlan) { p.Undo = true }, func(p *resetPlan) { p.Resume, p.Latest, p.AcceptGap = true, true, true },
		func(p *resetPlan) { p.Number = 3 }, func(p *resetPlan) { p.App = "other" }, func(p *resetPlan) { p.Undo, p.Resume = true, true },
	} {
		p := plan
		change(&p)
		text, err := json.Marshal(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"app":"shop","stream":"clicks","bucket":"b","prefix":"events","plan":4,"from":"9999-12-31T23"}`))
	path := filepath.Join(f.TempDir(), "plan.json")
	tool := &resetTool{
		o:        resetOptions{app: "shop", stream: "clicks", bucket: "b", plan: path, operator: "me"},
		replayer: &replayer{source: replay.Source{Layout: chain.Layout{Prefix: "events", Generation: 1}}},
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		requests, err := tool.planned(lease.Plan{Number: 3})
		if err != nil {
			if code := exitCode(err); code != exitUsage && code != exitRefused {
				t.Fatalf("%q: exit code %d, %v", text, code, err)
			}
			return
		}
		var said resetPlan
		if err := json.Unmarshal(text, &said); err != nil {
			t.Fatal(err)
		}
		r := requests[0]
		if said.App != "shop" || said.Number != 4 || r.From != said.From || r.Operator != "me" {
			t.Fatalf("%q becomes %+v", text, r)
		}
		if !r.Resume && r.From.Time().After(time.Now()) || r.Undo && r.Resume || r.FromLog && r.Resume || r.Latest && !r.Resume {
			t.Fatalf("%q asks for several things, or for what has not come: %+v", text, r)
		}
	})
}
