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
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	infradynamo "github.com/streamrec/streamrec/infra/dynamo"
	"github.com/streamrec/streamrec/infra/iam"
	"github.com/streamrec/streamrec/infra/local"
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

// nothing has nothing to say.
var nothing = logText{&safeBuffer{}}

// logText is what a buffer has when it is asked.
type logText struct{ *safeBuffer }

func (l logText) String() string { return l.text() }
