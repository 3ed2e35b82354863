package produce

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/streamrec/streamrec/infra/local/fault"
	local "github.com/streamrec/streamrec/infra/local/kinesis"
)

// events is a CSV file of n steps of sessions that overlap, one a second.
func events(n int) string {
	var b strings.Builder
	b.WriteString("ts_ms,session,event,item,brand\n")
	for i := range n {
		fmt.Fprintf(&b, "%d,s-%d,view,P%d,Mosswick\n", 1_600_000_000_000+i*1000, i*7%13+i/100*13, i%40)
	}
	return b.String()
}

func TestProduceFile(t *testing.T) {
	onStack(t, 3, func(t *testing.T, s *stack) {
		acks := filepath.Join(t.TempDir(), "acks")
		o := Options{File: writeFile(t, "clicks.csv", events(1234)), AckLog: acks, Output: "json"}
		r := s.mustRun(o, "")
		put := recordsOf(t, o, "", -1)
		s.verify(put, readAcks(t, acks), 0)
		bytes := 0
		for _, p := range put {
			bytes += len(p.key) + len(p.data)
		}
		if r.summary.Records != 1234 || r.summary.Bytes != int64(bytes) || r.summary.Retries+r.summary.Refused+r.summary.Malformed+r.summary.Unacknowledged != 0 {
			t.Errorf("summary %+v, want 1234 records of %d bytes and no trouble", r.summary, bytes)
		}
		var printed Summary
		if err := json.Unmarshal([]byte(r.stdout), &printed); err != nil || printed != r.summary {
			t.Errorf("stdout %q, want the summary %+v", r.stdout, r.summary)
		}
		if r.stderr != "" {
			t.Errorf("stderr %q, want nothing in so short a run", r.stderr)
		}
	})
}

func TestProduceShop(t *testing.T) {
	onStack(t, 4, func(t *testing.T, s *stack) {
		acks := filepath.Join(t.TempDir(), "acks")
		o := Options{Shop: true, Shoppers: 50, Seed: 3, Rate: 100, Duration: 15 * time.Second, AckLog: acks}
		r := s.mustRun(o, "")
		s.verify(recordsOf(t, o, "", 1500), readAcks(t, acks), 0)
		if r.summary.Records != 1500 || r.took < 15*time.Second || r.took > 15*time.Second+20*time.Millisecond {
			t.Errorf("%d records in %v, want 1500 in 15s", r.summary.Records, r.took)
		}
		if got := r.summary.RecordsPerSecond; got < 99.8 || got > 100.2 {
			t.Errorf("%.2f records per second, want 100", got)
		}
		if lines := strings.Split(strings.TrimSpace(r.stdout), "\n"); len(lines) != 2 || !strings.Contains(lines[0], "RECORDS/S") || !strings.Contains(lines[1], " 1500 ") {
			t.Errorf("stdout\n%s\nwant a table", r.stdout)
		}
		if lines := strings.Split(strings.TrimSpace(r.stderr), "\n"); len(lines) != 1 || !strings.HasPrefix(lines[0], "10") || !strings.Contains(lines[0], "records/s") {
			t.Errorf("stderr %q, want one line after 10 s", r.stderr)
		}
	})
}

// TestProduceUnderFaults lets everything go wrong on the way to a Kinesis that enforces its limits.
func TestProduceUnderFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStack(t, local.Options{EnforceLimits: true})
		s.create(2)
		put := fault.Match{Operations: []string{"PutRecords"}}
		rules := map[string]*fault.Handle{}
		for name, effect := range map[string]fault.Effect{
			"lost": fault.LoseAnswer(), "cut": fault.Cut(), "throttled": fault.Throttle(), "internal": fault.Error("InternalFailure"),
			"unavailable": {Kind: fault.KindError, Code: "ServiceUnavailable", Status: 503}, "late": fault.Late(30 * time.Second),
			"truncated": fault.Truncate(100), "hung": fault.Hang(), "slow": fault.Delay(time.Second),
		} {
			rules[name] = s.faults.Add(fault.Rule{Match: put, When: fault.Chance(0.05), Effect: effect})
		}
		acks := filepath.Join(t.TempDir(), "acks")
		o := Options{Shop: true, Shoppers: 3000, Limit: 10_000, AckLog: acks, MaxInFlight: 8}
		r := s.mustRun(o, "")
		s.faults.Clear()
		time.Sleep(time.Minute) // late requests take effect, and the read limits recover
		for name, rule := range rules {
			if rule.Hits() == 0 {
				t.Errorf("the fault %q never happened", name)
			}
		}
		if r.summary.Retries == 0 || r.summary.Records != 10_000 {
			t.Errorf("summary %+v, want 10,000 records and retries", r.summary)
		}
		// Two shards take 2,000 records a second.
		if r.took < 4*time.Second {
			t.Errorf("took %v, less than the stream's limits allow", r.took)
		}
		s.verify(recordsOf(t, o, "", 10_000), readAcks(t, acks), r.summary.Retries)
	})
}

func TestProduceAsFastAsTheStreamTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStack(t, local.Options{EnforceLimits: true})
		s.create(4)
		r := s.mustRun(Options{Shop: true, Shoppers: 5000, Limit: 24_000}, "")
		// 4 shards take 4,000 a second; what is lost by backing off must stay small.
		if rate := r.summary.RecordsPerSecond; rate < 3000 || rate > 4800 {
			t.Errorf("%.0f records per second with %d retries, want nearly 4,000", rate, r.summary.Retries)
		}
		t.Logf("%.0f records per second, %d retries, %v", r.summary.RecordsPerSecond, r.summary.Retries, r.took)
	})
}

func TestRateIsKeptExactly(t *testing.T) {
	onStack(t, 1, func(t *testing.T, s *stack) {
		start := time.Now()
		s.mustRun(Options{File: "-", Rate: 4}, events(9))
		for i, r := range s.records() {
			due := start.Add(time.Duration(i) * 250 * time.Millisecond)
			if late := r.ApproximateArrivalTimestamp.Sub(due); late < 0 || late > 10*time.Millisecond {
				t.Errorf("record %d arrives %v after its time", i, late)
			}
		}
	})
}

func TestRateCatchesUpAfterAnOutage(t *testing.T) {
	onStack(t, 1, func(t *testing.T, s *stack) {
		outage := s.faults.Add(fault.Rule{Match: fault.Match{Operations: []string{"PutRecords"}}, Effect: fault.Throttle()})
		time.AfterFunc(20*time.Second, outage.Remove)
		r := s.mustRun(Options{Shop: true, Rate: 1000, Limit: 30_000}, "")
		if r.took < 30*time.Second-10*time.Millisecond || r.took > 31*time.Second {
			t.Errorf("30,000 records at 1,000/s took %v over an outage of 20 s, want 30 s", r.took)
		}
	})
}

func TestSpeedReplaysTheTimesOfTheFile(t *testing.T) {
	onStack(t, 1, func(t *testing.T, s *stack) {
		const file = "ts_ms,session,event,item\n1000000,a,view,i\n1010000,b,view,i\n1010000,c,view,i\n1005000,d,view,i\n1070000,e,view,i\n"
		start := time.Now()
		s.mustRun(Options{File: "-", Speed: 20}, file)
		// 10 s and 70 s after the first become 0.5 s and 3.5 s; what is older than its predecessor waits for nothing.
		want := []time.Duration{0, 500 * time.Millisecond, 500 * time.Millisecond, 500 * time.Millisecond, 3500 * time.Millisecond}
		for i, r := range s.records() {
			if late := r.ApproximateArrivalTimestamp.Sub(start.Add(want[i])); late < 0 || late > 10*time.Millisecond {
				t.Errorf("record %d arrives %v after its time", i, late)
			}
		}
	})
}

func TestSpeedNeedsTimes(t *testing.T) {
	onStack(t, 1, func(t *testing.T, s *stack) {
		const file = `{"session_id":"a","event_time":"2026-01-01T00:00:00Z"}` + "\n" + `{"session_id":"b"}`
		r := s.run(t.Context(), Options{File: "-", Speed: 2}, file)
		if want := "line 2 tells no time, which --speed needs"; r.err == nil || r.err.Error() != want {
			t.Errorf("error %v, want %q", r.err, want)
		}
		if r.summary.Records != 1 || len(s.records()) != 1 {
			t.Errorf("summary %+v; the record before must be in the stream", r.summary)
		}
	})
}

func TestLimit(t *testing.T) {
	onStack(t, 2, func(t *testing.T, s *stack) {
		r := s.mustRun(Options{File: "-", Limit: 5, Rate: 10}, events(1000))
		if r.summary.Records != 5 || len(s.records()) != 5 {
			t.Errorf("summary %+v, want 5 records", r.summary)
		}
		if r.took > 410*time.Millisecond {
			t.Errorf("took %v: waits after the last record", r.took)
		}
	})
}

func TestMalformedLines(t *testing.T) {
	file := events(5) + "bad,row\n" + "1600000000000,s,view,P1,Mosswick\n" + strings.Repeat("x\n", 100)
	onStack(t, 1, func(t *testing.T, s *stack) {
		r := s.run(t.Context(), Options{File: "-"}, file)
		if want := "line 7: 2 fields where the header has 5"; r.err == nil || r.err.Error() != want {
			t.Errorf("error %v, want %q", r.err, want)
		}
		if r.summary.Records != 5 || len(s.records()) != 5 {
			t.Errorf("summary %+v, want the 5 records before the malformed line", r.summary)
		}
	})
	onStack(t, 1, func(t *testing.T, s *stack) {
		r := s.mustRun(Options{File: "-", Malformed: "skip"}, file)
		if r.summary.Records != 6 || r.summary.Malformed != 101 {
			t.Errorf("summary %+v, want 6 records and 101 malformed lines", r.summary)
		}
		lines := strings.Split(strings.TrimSpace(r.stderr), "\n")
		if len(lines) != maxNotes+1 || lines[0] != "line 7: 2 fields where the header has 5" || !strings.HasPrefix(lines[maxNotes], "more lines") {
			t.Errorf("stderr\n%s\nwant %d lines and a word on the rest", r.stderr, maxNotes)
		}
	})
}

func TestRecordsThatTheStreamRefuses(t *testing.T) {
	onStack(t, 1, func(t *testing.T, s *stack) {
		large := func(n int) string {
			return `{"session_id":"s","x":"` + strings.Repeat("y", n-len(`{"session_id":"s","x":""}`)-len("s")) + "\"}\n"
		}
		r := s.run(t.Context(), Options{File: "-"}, large(1<<20)+large(1<<20+1)+large(100))
		if want := "the stream refused 1 records"; r.err == nil || r.err.Error() != want {
			t.Errorf("error %v, want %q", r.err, want)
		}
		if want := "record 2: 1048577 bytes are more than the 1048576 that the stream takes\n"; r.stderr != want {
			t.Errorf("stderr %q, want %q", r.stderr, want)
		}
		if r.summary.Records != 2 || r.summary.Refused != 1 || len(s.records()) != 2 {
			t.Errorf("summary %+v, want 2 records and 1 refused", r.summary)
		}
	})
}
