package produce

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/streamrec/streamrec/infra/local/fault"
)

// followed is a log with what was written to it.
type followed struct {
	*stack
	path string
	n    int
}

func (f *followed) write(n int) {
	f.t.Helper()
	var b strings.Builder
	for range n {
		f.n++
		fmt.Fprintf(&b, `{"session_id":"s-%d","product_code":"P%d"}`+"\n"+`{"metric":"cpu","value":%d}`+"\n", f.n%7, f.n, f.n)
	}
	file, err := os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = file.WriteString(b.String())
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		f.t.Fatal(err)
	}
}

// follow runs a producer for a while; meanwhile is done when it has been at the end of the log.
func (f *followed) follow(o Options, meanwhile func()) result {
	f.t.Helper()
	ctx, cancel := context.WithCancel(f.t.Context())
	var beside sync.WaitGroup
	defer beside.Wait()
	beside.Go(func() {
		defer cancel()
		time.Sleep(5 * time.Second)
		if meanwhile != nil {
			meanwhile()
			time.Sleep(20 * time.Second)
		}
	})
	o.Follow = f.path
	return f.run(ctx, o, "")
}

// products counts the records of each product in the stream, and checks that repetitions have one id.
func (f *followed) products() map[string]int {
	f.t.Helper()
	counts, ids := map[string]int{}, map[string]string{}
	for _, r := range f.records() {
		var e struct {
			EventID     string `json:"event_id"`
			SessionID   string `json:"session_id"`
			ProductCode string `json:"product_code"`
		}
		if err := json.Unmarshal(r.Data, &e); err != nil || e.EventID == "" || e.SessionID != *r.PartitionKey {
			f.t.Fatalf("record %s under %s: %v", r.Data, *r.PartitionKey, err)
		}
		if known := ids[e.ProductCode]; known != "" && known != e.EventID {
			f.t.Errorf("%s has two ids", e.ProductCode)
		}
		counts[e.ProductCode]++
		ids[e.ProductCode] = e.EventID
	}
	return counts
}

func onLog(t *testing.T, test func(f *followed)) {
	t.Helper()
	onStack(t, 2, func(t *testing.T, s *stack) {
		test(&followed{stack: s, path: filepath.Join(t.TempDir(), "access.log")})
	})
}

func TestFollow(t *testing.T) {
	onLog(t, func(f *followed) {
		f.write(30)
		r := f.follow(Options{}, func() {
			if err := os.Rename(f.path, f.path+".1"); err != nil {
				t.Error(err)
			}
			f.write(20)
		})
		if r.err != nil || r.summary.Records != 50 || r.summary.Follow.Lines != 100 || r.summary.Follow.Other != 50 || r.summary.Follow.BehindBytes != 0 {
			t.Errorf("%v, %+v, %+v\n%s", r.err, r.summary, r.summary.Follow, r.stderr)
		}
		f.write(10)
		if r = f.follow(Options{}, nil); r.summary.Records != 10 {
			t.Errorf("a restart puts %d records, want the 10 new ones", r.summary.Records)
		}
		counts := f.products()
		for i := 1; i <= 60; i++ {
			if counts[fmt.Sprintf("P%d", i)] != 1 {
				t.Errorf("line %d is %d times in the stream", i, counts[fmt.Sprintf("P%d", i)])
			}
		}
	})
}

// TestPositionWaitsForAcknowledgements ends a producer whose records are never acknowledged: another one puts them again.
func TestPositionWaitsForAcknowledgements(t *testing.T) {
	onLog(t, func(f *followed) {
		f.write(25)
		f.faults.Add(fault.Rule{Match: fault.Match{Operations: []string{"PutRecords"}}, Effect: fault.Throttle()})
		r := f.follow(Options{}, nil)
		if r.summary.Records != 0 || r.summary.Unacknowledged != 25 {
			t.Fatalf("%+v, %v", r.summary, r.err)
		}
		f.faults.Clear()
		if r = f.follow(Options{}, nil); r.err != nil || r.summary.Records != 25 {
			t.Fatalf("%+v, %v", r.summary, r.err)
		}
		if n := len(f.products()); n != 25 {
			t.Errorf("%d products", n)
		}
	})
}

func TestFollowPassesOverWhatCannotBeRead(t *testing.T) {
	onLog(t, func(f *followed) {
		f.write(1)
		text := "panic: x\n{\"session_id\":\"\xff\"}\n" + strings.Repeat("L", maxLogLine+1) + "\n"
		if err := os.WriteFile(f.path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		f.write(3)
		r := f.follow(Options{}, nil)
		if r.err != nil || r.summary.Records != 3 || r.summary.Malformed != 3 || !strings.Contains(r.stderr, "line 3: longer than") {
			t.Errorf("%v, %+v\n%s", r.err, r.summary, r.stderr)
		}
		if strings.Contains(r.stderr, "panic") {
			t.Errorf("a line is quoted: %s", r.stderr)
		}
		if r = f.follow(Options{}, nil); r.summary.Malformed+r.summary.Records != 0 {
			t.Errorf("lines are read again: %+v", r.summary)
		}
	})
}

func TestFollowStopsAtMalformedLinesIfAsked(t *testing.T) {
	onLog(t, func(f *followed) {
		f.write(3)
		file := f.path
		text, err := os.ReadFile(file)
		if err == nil {
			err = os.WriteFile(file, append(text, "what?\n"...), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // it is not passed over by a restart
			if r := f.follow(Options{Malformed: "stop"}, nil); r.err == nil || !strings.Contains(r.err.Error(), "neither JSON nor") {
				t.Errorf("%v, %+v", r.err, r.summary)
			}
		}
		if n := len(f.products()); n != 3 {
			t.Errorf("%d records", n)
		}
	})
}

func TestFollowMistakes(t *testing.T) {
	onLog(t, func(f *followed) {
		if err := os.Mkdir(f.path, 0o700); err != nil {
			t.Fatal(err)
		}
		if r := f.follow(Options{}, nil); !errors.Is(r.err, ErrUsage) || !strings.Contains(r.err.Error(), "not a regular file") {
			t.Errorf("a directory: %v", r.err)
		}
		if err := os.Remove(f.path); err != nil {
			t.Fatal(err)
		}
		elsewhere := filepath.Join(filepath.Dir(f.path), "missing", "access.log")
		if r := f.run(t.Context(), Options{Follow: elsewhere}, ""); !errors.Is(r.err, ErrUsage) || !strings.Contains(r.err.Error(), "--position") {
			t.Errorf("a folder that is not there: %v", r.err)
		}
		var second result
		f.follow(Options{}, func() { second = f.run(t.Context(), Options{Follow: f.path}, "") })
		if !errors.Is(second.err, ErrRefused) {
			t.Errorf("two producers: %v", second.err)
		}
	})
}

// TestFollowTellsOfAnOutage: a minute without the stream is told of when it begins, and when it is over.
func TestFollowTellsOfAnOutage(t *testing.T) {
	onLog(t, func(f *followed) {
		f.write(3)
		r := f.follow(Options{}, func() {
			down := f.faults.Add(fault.Rule{Match: fault.Match{Operations: []string{"PutRecords"}}, When: fault.Always(), Effect: fault.Error("InternalFailure")})
			f.write(3)
			time.Sleep(time.Minute)
			down.Remove()
		})
		var told []string
		for _, line := range strings.Split(r.stderr, "\n") {
			if strings.Contains(line, "nothing has been taken for") || strings.Contains(line, "takes records again") {
				told = append(told, line)
			}
		}
		if r.err != nil || r.summary.Records != 6 || len(told) != 2 || !strings.Contains(told[0], "trying again: stream \"clicks\": ") ||
			!strings.Contains(told[0], "InternalFailure") || !strings.Contains(told[1], "takes records again, after 1m") {
			t.Errorf("%v, %+v, told %q", r.err, r.summary, told)
		}
	})
}

// TestThrottlingIsNoOutage: what comes and goes within seconds is not told of.
func TestThrottlingIsNoOutage(t *testing.T) {
	onLog(t, func(f *followed) {
		f.write(3)
		f.faults.Add(fault.Rule{Match: fault.Match{Operations: []string{"PutRecords"}}, When: fault.First(4), Effect: fault.Error("ProvisionedThroughputExceededException")})
		if r := f.follow(Options{}, func() {}); r.err != nil || r.summary.Records != 3 || strings.Contains(r.stderr, "taken") {
			t.Errorf("%v, %+v\n%s", r.err, r.summary, r.stderr)
		}
	})
}
