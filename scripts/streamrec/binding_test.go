package main

import (
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus/hooks/test"

	infras3 "github.com/streamrec/streamrec/infra/s3"
)

// TestApplicationKeepsToItsStreamAndLog begins an application, and then lets workers and tools name another stream, another log, or none of what belongs together.
func TestApplicationKeepsToItsStreamAndLog(t *testing.T) {
	serveLocal(t)
	createStream(t, 1)
	c, err := loadClients(t.Context())
	must(t, err)
	createNamedStream(t, c, "small", 1)
	right := deployment{app: "shop", stream: "clicks", bucket: testBucket, layout: layoutOf("events")}
	log, _ := test.NewNullLogger()
	begin := func(d deployment) error {
		_, err := d.preflight(t.Context(), c, true, time.Minute, log)
		return err
	}
	for range 2 {
		must(t, begin(right))
	}
	typo, other, second, clash := right, right, right, right
	typo.layout, other.stream, second.app, second.layout = layoutOf("typo"), "small", "shop2", layoutOf("second")
	clash.app = "shop3"
	for name, try := range map[string]struct {
		deployment
		says string
	}{
		"another prefix": {typo, `has its log under s3://` + testBucket + `/events, not under s3://` + testBucket + `/typo: say --bucket ` + testBucket + ` --prefix "events"`},
		"another stream": {other, `reads the stream "clicks", not "small"`},
		"another's log":  {clash, `belongs to application "shop", not to "shop3"`},
	} {
		if err := begin(try.deployment); exitCode(err) != exitRefused || !strings.Contains(err.Error(), try.says) {
			t.Errorf("a worker with %s: %v", name, err)
		}
	}
	must(t, begin(second))
	for _, d := range []deployment{typo, other} {
		if _, err := newReplayer(t.Context(), c, d, time.Second); exitCode(err) != exitRefused {
			t.Errorf("reset of %+v: %v", d, err)
		}
		if _, err := auditDeployment(t.Context(), c, d, 0); exitCode(err) != exitRefused {
			t.Errorf("audit of %+v: %v", d, err)
		}
	}
	if err := checkSources(t.Context(), c, statusOptions{app: "shop", stream: "small"}); exitCode(err) != exitRefused {
		t.Errorf("status: %v", err)
	}
	if _, err := (reshardOptions{app: "shop", stream: "small"}).workers(t.Context(), c); exitCode(err) != exitRefused {
		t.Errorf("reshard: %v", err)
	}
	b := infras3.NewBucket(c.s3, testBucket)
	for o, err := range b.List(t.Context(), "typo") {
		t.Errorf("the worker that was refused has left %s, %v", o.Key, err)
	}
}

// TestCustomersStayPrivate begins in clear, goes over to pseudonyms, and not back.
func TestCustomersStayPrivate(t *testing.T) {
	serveLocal(t)
	createStream(t, 1)
	c, err := loadClients(t.Context())
	must(t, err)
	log, said := test.NewNullLogger()
	d := deployment{app: "shop", stream: "clicks", bucket: testBucket, layout: layoutOf("events")}
	for _, private := range []bool{false, false, true, true} {
		d.private = private
		_, err := d.preflight(t.Context(), c, true, time.Minute, log)
		must(t, err)
	}
	if n := len(said.AllEntries()); n != 1 {
		t.Errorf("going over to pseudonyms was told %d times", n)
	}
	d.private = false
	if _, err := d.preflight(t.Context(), c, true, time.Minute, log); exitCode(err) != exitRefused || !strings.Contains(err.Error(), "--privacy-key-file") {
		t.Errorf("back to clear: %v", err)
	}
}
