package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	infradynamo "github.com/streamrec/streamrec/infra/dynamo"
	"github.com/streamrec/streamrec/infra/iam"
	"github.com/streamrec/streamrec/infra/local"
	"github.com/streamrec/streamrec/infra/local/fault"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker"
)

// company is everybody who has a role, on a local stack that refuses what the policies do not allow.
type company struct {
	*testing.T
	guard *iam.Guard
	names iam.Names
	stack *local.Local
	ahead atomic.Int64 // of the services' clock, ns
	admin clients
	key   string // privacy key file
}

func newCompany(t *testing.T) *company {
	c := &company{T: t, key: filepath.Join(t.TempDir(), "privacy.key")}
	must(t, os.WriteFile(c.key, []byte(strings.Repeat("ab", 32)), 0o600))
	c.ahead.Store(-int64(time.Duration(time.Now().UnixNano())%time.Hour + 50*time.Minute + halfDays*12*time.Hour)) // ten minutes past an hour, so that the test lies within it
	now := func() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }
	var err error
	c.stack, err = local.New(local.Options{Now: now, Buckets: []string{testBucket}, Streams: map[string]int64{"clicks": 2}})
	must(t, err)
	c.names = iam.Names{
		Partition: "aws", Region: "us-east-1", Account: "000000000000", Stream: "clicks", Table: "shop", Bucket: testBucket, Prefix: "events",
	}
	c.guard, err = iam.NewGuard(c.names)
	must(t, err)
	server := httptest.NewServer(c.guard.Wrap(c.stack.Handler()))
	t.Cleanup(func() {
		server.Close()
		must(t, c.stack.Close())
	})
	none := filepath.Join(t.TempDir(), "none")
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_REGION": "us-east-1", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_CONFIG_FILE": none, "AWS_SHARED_CREDENTIALS_FILE": none, "AWS_EC2_METADATA_DISABLED": "true",
	} {
		t.Setenv(name, value)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "administrator")
	c.admin, err = loadClients(t.Context())
	must(t, err)
	return c
}

// as runs a command line in a role and wants it to be done.
func (c *company) as(role string, args ...string) string {
	c.Helper()
	code, out, errs := c.try(role, args...)
	if code != exitDone {
		c.Fatalf("%s: streamrec %s: exit code %d\n%s%s", role, strings.Join(args, " "), code, out, errs)
	}
	return out
}

func (c *company) try(role string, args ...string) (code int, out, errs string) {
	c.Helper()
	c.Setenv("AWS_ACCESS_KEY_ID", role)
	return command(c.T, args...)
}

// hire starts a worker in a role and waits until it has registered; what is returned lets it leave.
func (c *company) hire(role string, args ...string) (leave func()) {
	c.Helper()
	before := len(c.workers())
	c.Setenv("AWS_ACCESS_KEY_ID", role)
	ctx, stop := context.WithCancel(c.Context())
	var log safeBuffer
	ended := make(chan int, 1)
	args = append([]string{
		"worker", "--app", "shop", "--stream", "clicks", "--bucket", testBucket, "--privacy-key-file", c.key,
		"--failover-time", "1s", "--flush-age", "500ms", "--merge-interval", "200ms", "--admin", "off", "--log-format", "json",
	}, args...)
	go func() { ended <- run(ctx, args, streams{strings.NewReader(""), io.Discard, &log}) }()
	c.until("a worker registers", func() bool { return len(c.workers()) > before }, logText{&log})
	return sync.OnceFunc(func() {
		c.Helper()
		stop()
		if code := <-ended; code != exitDone {
			c.Errorf("worker: exit code %d\n%s", code, log.text())
		}
	})
}

// workers are those with a row, none before there is a table.
func (c *company) workers() []string {
	c.Helper()
	if errors.Is(infradynamo.Check(c.Context(), c.admin.dynamodb, "shop", worker.System{}.Sleep), infradynamo.ErrNoTable) {
		return nil
	}
	workers, err := infradynamo.NewStore(c.admin.dynamodb, "shop").Workers(c.Context())
	must(c.T, err)
	var names []string
	for _, w := range workers {
		names = append(names, w.ID)
	}
	return names
}

// until waits for something that workers do by themselves.
func (c *company) until(what string, holds func() bool, log fmt.Stringer) {
	c.Helper()
	for end := time.Now().Add(time.Minute); !holds(); {
		if time.Now().After(end) {
			c.Fatalf("waited in vain until %s\n%s", what, log)
		}
		must(c.T, worker.System{}.Sleep(c.Context(), 50*time.Millisecond))
	}
}

// keys are those of the objects below a part of the log.
func (c *company) keys(part string) (keys []string) {
	c.Helper()
	for o, err := range bucketOf(c.admin).List(c.Context(), "events/"+part) {
		must(c.T, err)
		keys = append(keys, o.Key)
	}
	return keys
}

// shop puts what shoppers do, and waits until it is committed.
func (c *company) shop() {
	c.Helper()
	objects := len(c.keys("gen="))
	c.as("producer", "produce", "--stream", "clicks", "--shop", "--limit", "400")
	c.until("it is committed", func() bool { return len(c.keys("gen=")) > objects }, nothing)
	c.until("nothing is behind", func() bool { return !strings.Contains(c.lags(), "behind") }, lags{c})
}

// lags is a line for each open shard.
func (c *company) lags() string {
	c.Helper()
	var s struct {
		Shards []struct {
			Shard, State string
			LagMillis    *int64
		}
	}
	must(c.T, json.Unmarshal([]byte(c.as("reader", "status", "--app", "shop", "--stream", "clicks", "-o", "json")), &s))
	var lines []string
	for _, sh := range s.Shards {
		if sh.State != "ended" && (sh.LagMillis == nil || *sh.LagMillis > 0) {
			lines = append(lines, sh.Shard+" "+sh.State+" is behind")
		}
	}
	return strings.Join(lines, "\n")
}

// lags prints them when a test has waited in vain.
type lags struct{ company *company }

func (l lags) String() string { return l.company.lags() }

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
	old := testLog.SnapshotKey(chain.HourOf(time.Now().Add(-100 * time.Hour)))
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

// nothing has nothing to say.
var nothing = logText{&safeBuffer{}}

// logText is what a buffer has when it is asked.
type logText struct{ *safeBuffer }

func (l logText) String() string { return l.text() }
