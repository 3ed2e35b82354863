package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/infra/iam"
	"github.com/streamrec/streamrec/infra/local/fault"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker"
)

// TestRolesAreAllowedWhatTheirCommandsNeed runs the commands of all roles against services that refuse what the policies of infra/iam do not allow, and
// holds that each action of each statement is needed for something.
func TestRolesAreAllowedWhatTheirCommandsNeed(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	c := newCompany(t)
	c.hire("founder")()
	first, second := c.hire("worker", "--no-create-tables"), c.hire("worker", "--no-create-tables")
	app := []string{"--app", "shop", "--stream", "clicks"}
	with := func(command string, flags ...string) []string { return slices.Concat([]string{command}, app, flags) }
	inBucket := []string{"--bucket", testBucket}
	c.shop()
	c.as("producer", "produce", "--stream", "clicks", "--file", badFile(t), "--malformed", "skip")

	c.as("resharder", with("reshard", "--shards", "3", "--execute")...)
	open := openNames(t)
	c.as("resharder", with("reshard", "--split", open[0], "--execute")...)
	open = openNames(t)
	c.as("resharder", with("reshard", "--merge", open[0]+","+open[1], "--execute")...)
	c.age()

	reset := func(how ...string) func() {
		return func() {
			c.as("operator", with("reset", slices.Concat(inBucket, how, []string{"--execute", "--failover-time", "1s"})...)...)
		}
	}
	c.contested(1, reset("--by-duration", "3h"))
	c.contested(2, reset("--undo"))
	reset("--by-duration", "3h", "--from-log")()
	c.replay(with, inBucket)
	c.Setenv("STREAMREC_PRIVACY_KEY_FILE", c.key)
	c.as("operator", append([]string{"erase", "--execute", "--file", customers(t)}, inBucket...)...)

	c.as("reader", with("recommend", "--items", "S15_4278")...)
	c.as("reader", with("audit", inBucket...)...)
	c.as("reader", append([]string{"deadletters", "list"}, inBucket...)...)
	c.as("reader", append([]string{"deadletters", "export"}, inBucket...)...)

	stray := c.stray()
	c.try("sweeper", with("audit", append(inBucket, "--sweep-strays", "--execute")...)...)
	if slices.Contains(c.keys("gen="), stray) {
		t.Errorf("%s was not swept", stray)
	}
	c.as("operator", with("reset", append(inBucket, "--to-trim-horizon")...)...)
	second()
	first()
	c.judge()
}

// replay makes a side replay of hours of the day before yesterday, in which a shard ended, and lets readers see it for a while.
func (c *company) replay(with func(command string, flags ...string) []string, inBucket []string) {
	c.Helper()
	do := func(role, command string, flags ...string) {
		args := with("replay", slices.Concat(inBucket, []string{"--name", "what-if"}, flags)...)
		c.as(role, slices.Insert(args, 1, command)...)
	}
	over := time.Now().Truncate(time.Hour) // the last records came in the hour before, and whether it is over only the stream can tell
	must(c.T, worker.System{}.Sleep(c.Context(), time.Until(over.Add(61*time.Second))))
	do("replayer", "start", "--from", over.Add(-time.Hour).Format(time.RFC3339), "--to", over.Format(time.RFC3339))
	began := time.Now().Add(-halfDays * 12 * time.Hour)
	do("replayer", "start", "--from", began.Format(time.RFC3339), "--to", began.Add(50*time.Hour).Format(time.RFC3339), "--rate", "0", "--execute", "--detach")
	do("replayer", "run", "--log-format", "json")
	do("replayer", "status")
	do("replayer", "diff")
	must(c.T, bucketOf(c.admin).Delete(c.Context(), testLog.PublishedKey())) // as if nobody had ever published
	do("replayer", "publish")
	do("replayer", "publish", "--undo")
	do("dropper", "drop", "--execute")
}

// contested runs a reset whose map the operator and the worker both try to publish, for the nth time, before one of them can.
func (c *company) contested(n int, reset func()) {
	c.Helper()
	rule := c.stack.Faults().Add(fault.Rule{
		Match: fault.Match{Operations: []string{"PutObject"}, Prefix: "events/generations/"}, When: fault.Always(), Effect: fault.Delay(time.Hour), // until the rule is removed
	})
	watched := make(chan struct{})
	ctx, end := context.WithCancel(c.Context())
	go func() {
		defer close(watched)
		defer rule.Remove()
		for c.publishers() < 2*n && (worker.System{}).Sleep(ctx, 20*time.Millisecond) == nil {
		}
	}()
	reset()
	end()
	<-watched
}

// publishers counts who has tried to create or to replace the published map.
func (c *company) publishers() (n int) {
	for _, role := range []string{"worker", "operator"} {
		for _, a := range c.guard.Asked(role) {
			if a.Action == "s3:PutObject" && strings.HasSuffix(a.On, "generations.json") {
				n++
			}
		}
	}
	return n
}

// halfDays is how many half days lie between the beginning of the test and the present.
const halfDays = 8

// age lets half days pass with traffic, so that workers remove what is too old: states of exactly two days ago, and older snapshots of the model.
// Snapshots are made in the present alone, so an old one is put there.
func (c *company) age() {
	c.Helper()
	old := testLog.SnapshotKey(chain.HourOf(time.Now().Add(-100*time.Hour)), 0)
	must(c.T, bucketOf(c.admin).PutIfAbsent(c.Context(), old, []byte("an old snapshot"), nil))
	for range halfDays {
		c.ahead.Add(int64(12 * time.Hour))
		c.shop()
	}
	c.until("a snapshot of the model follows the old one", func() bool {
		models := c.keys("_model/")
		return len(models) > 0 && !slices.Contains(models, old)
	}, nothing)
}

// stray puts a copy of a committed object where no chain leads.
func (c *company) stray() string {
	c.Helper()
	links := c.keys("gen=1/")
	key := links[len(links)/2]
	bucket := bucketOf(c.admin)
	body, o, err := bucket.Get(c.Context(), key)
	must(c.T, err)
	stem := strings.TrimSuffix(key, ".parquet")
	number, err := chain.Pad("1")
	must(c.T, err)
	stray := stem[:len(stem)-len(number)] + number + ".parquet"
	must(c.T, bucket.PutIfAbsent(c.Context(), stray, body, o.Metadata))
	return stray
}

// judge compares what was asked with what the policies allow.
func (c *company) judge() {
	c.Helper()
	for _, role := range iam.Roles {
		asked := map[iam.Asked]bool{}
		for _, a := range c.guard.Asked(role.Name) {
			if !a.Allowed {
				c.Errorf("%s was refused %s", role.Name, a.Action)
			}
			asked[a] = true
		}
		if !slices.Contains(role.Policies, role.Name) {
			continue // it has the policies of others, which are judged with them
		}
		policy, err := iam.Load(role.Name, c.names)
		must(c.T, err)
		for _, s := range policy.Statement {
			for _, action := range s.Action {
				for _, on := range s.Resource {
					if !asked[iam.Asked{Action: action, By: s.Sid, On: on, Allowed: true}] {
						c.Errorf("%s.json: %s allows %s on %s, which no command needed", role.Name, s.Sid, action, on)
					}
				}
			}
		}
	}
}

func badFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "events.jsonl")
	must(t, os.WriteFile(path, []byte(`{"session_id":"s-bad","browse_history":[{"product_code":"P1","quantity":{}}]}`+"\n"), 0o600))
	return path
}

func customers(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "customers.txt")
	must(t, os.WriteFile(path, []byte("7\n"), 0o600))
	return path
}
