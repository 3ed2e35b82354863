package main

import (
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"
)

// TestEachLineOfAWorkerSaysWhose runs a worker with everything that logs, and looks for lines that do not name it.
func TestEachLineOfAWorkerSaysWhose(t *testing.T) {
	c := newCompany(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "administrator")
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	var log safeBuffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{
			"worker", "--app", "shop", "--stream", "clicks", "--bucket", testBucket, "--privacy-key-file", c.key, "--failover-time", "1s", "--flush-age", "100ms",
			"--log-format", "json", "--name", "w", "--catalogue", writeFile(t, "c.csv", "item\nP1\n"),
		}, streams{strings.NewReader(""), io.Discard, &log})
	}()
	c.until("the worker starts", func() bool { return strings.Contains(log.text(), "worker starts") }, logText{&log}) // as the administrator
	c.shop()
	c.until("a batch is committed", func() bool { return strings.Contains(log.text(), "batch committed") }, logText{&log})
	stop()
	if code := <-ended; code != exitDone {
		t.Errorf("exit code %d\n%s", code, log.text())
	}
	workers := map[string]int{}
	for line := range strings.Lines(log.text()) {
		var entry struct{ Worker string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil || !strings.HasPrefix(entry.Worker, "w-") {
			t.Errorf("%v: %s", err, line)
		}
		workers[entry.Worker]++
	}
	if len(workers) != 1 {
		t.Errorf("one worker logs as %v", workers)
	}
	for _, message := range []string{"catalogue read", "operators are served", "worker starts", "lease taken", "batch committed", "worker sums up"} {
		if !strings.Contains(log.text(), message) {
			t.Errorf("%q is not in the log", message)
		}
	}
}
