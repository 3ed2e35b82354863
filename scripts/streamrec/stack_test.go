package main

import (
	"bytes"
	"context"
	"errors"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/infra/local"
	infras3 "github.com/streamrec/streamrec/infra/s3"
	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/worker"
)

// testBucket is the bucket of a serveLocal.
const testBucket = "shop-log"

// serveLocal serves the local stack on a loopback port and points the standard AWS settings at it.
func serveLocal(t *testing.T) *local.Local {
	t.Helper()
	service, err := local.New(local.Options{Buckets: []string{testBucket}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(service.Handler())
	t.Cleanup(func() {
		server.Close()
		if err := service.Close(); err != nil {
			t.Errorf("close services: %v", err)
		}
	})
	point(t, server.URL)
	return service
}

// point points the standard AWS settings at an endpoint.
func point(t *testing.T, endpoint string) {
	t.Helper()
	none := filepath.Join(t.TempDir(), "none")
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": endpoint, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_CONFIG_FILE": none, "AWS_SHARED_CREDENTIALS_FILE": none, "AWS_EC2_METADATA_DISABLED": "true",
	} {
		t.Setenv(name, value)
	}
}

// testLog is where the tests' logs are.
var testLog = chain.Layout{Prefix: "events", Generation: 1}

// writeLog commits records of one shard as a worker would.
func writeLog(t *testing.T, shard string, privacy *event.Privacy, records ...event.Record) {
	t.Helper()
	c, err := loadClients(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	bucket := infras3.NewBucket(c.s3, testBucket)
	s := processor.Shard{Shard: chain.Shard{ID: shard, StartingHashKey: "0", EndingHashKey: "340282366920938463463374607431768211455"}, LeaseCounter: 1}
	bookmark := func(context.Context, chain.End) error { return nil }
	p := processor.New(processor.Config{Layout: testLog, Privacy: privacy}, logTestEnv{}, bucket, s, bookmark, nil)
	_, err = p.Open(t.Context())
	err = errors.Join(err, chain.Freeze(t.Context(), logTestEnv{}, bucket, testLog, "arn"))
	if err == nil {
		err = errors.Join(p.Process(t.Context(), records), p.Drain(t.Context()))
	}
	if err != nil {
		t.Fatal(err)
	}
}

type logTestEnv struct{ worker.System }

// command runs a command line and returns its exit code and what it printed.
func command(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), args, streams{strings.NewReader(""), &stdout, &stderr})
	return code, stdout.String(), stderr.String()
}

// testRecord is a record that arrived so long after noon.
func testRecord(sequence string, after time.Duration, data string) event.Record {
	return event.Record{SequenceNumber: sequence, PartitionKey: "p", Arrival: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC).Add(after), Data: []byte(data)}
}
