package main

import (
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus/hooks/test"

	"github.com/streamrec/streamrec/infra/local/fault"
)

// TestWorkerStartsWhenServicesHaveFailed lets each service fail at more requests than the SDK makes of one, and then for ever.
func TestWorkerStartsWhenServicesHaveFailed(t *testing.T) {
	stack := serveLocal(t)
	createStream(t, 1)
	c, err := loadClients(t.Context())
	must(t, err)
	d := deployment{app: "shop", stream: "clicks", bucket: testBucket, layout: layoutOf("events")}
	for service, code := range map[string]string{fault.Kinesis: "InternalFailure", fault.DynamoDB: "InternalServerError", fault.S3: "SlowDown"} {
		log, said := test.NewNullLogger()
		stack.Faults().Add(fault.Rule{Match: fault.Match{Services: []string{service}}, When: fault.First(5), Effect: fault.Error(code)})
		g, err := d.preflight(t.Context(), c, true, time.Minute, log)
		if err != nil || g.bucket == nil || g.stream.ARN == "" || len(said.AllEntries()) == 0 {
			t.Errorf("%s: found %+v, with %d warnings, %v", service, g, len(said.AllEntries()), err)
		}
		rule := stack.Faults().Add(fault.Rule{Match: fault.Match{Services: []string{service}}, When: fault.Always(), Effect: fault.Error(code)})
		_, err = d.preflight(t.Context(), c, true, time.Second, log)
		rule.Remove()
		if err == nil || exitCode(err) != exitRefused || !strings.Contains(err.Error(), "gone on for 1s: start the worker again") {
			t.Errorf("%s fails for ever: %v", service, err)
		}
	}
}

// TestMistakesAreRefusedAtOnce names what is not there, and asks where nobody answers.
func TestMistakesAreRefusedAtOnce(t *testing.T) {
	serveLocal(t)
	createStream(t, 1)
	c, err := loadClients(t.Context())
	must(t, err)
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
	nowhere, err := loadClients(t.Context())
	must(t, err)
	right := deployment{app: "shop", stream: "clicks", bucket: testBucket, layout: layoutOf("events")}
	noStream, noBucket := right, right
	noStream.stream, noBucket.bucket = "nosuch", "nosuch"
	for name, try := range map[string]struct {
		deployment
		clients
	}{"no stream": {noStream, c}, "no bucket": {noBucket, c}, "nobody there": {right, nowhere}} {
		log, said := test.NewNullLogger()
		if _, err := try.preflight(t.Context(), try.clients, true, time.Minute, log); exitCode(err) != exitRefused || len(said.AllEntries()) > 0 {
			t.Errorf("%s: %v, after %d warnings", name, err, len(said.AllEntries()))
		}
	}
}
