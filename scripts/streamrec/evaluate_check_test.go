package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

// TestEvaluateRefuses says what a user has done wrong, in one sentence, and what to do.
func TestEvaluateRefuses(t *testing.T) {
	const header = "ts_ms,session,event,item\n"
	good := follows(t)
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{nil, exitUsage, "missing --file"},
		{[]string{"--file", good, "--protocol", "both"}, exitUsage, "prequential or offline"},
		{[]string{"--file", good, "--warmup", "1"}, exitUsage, "--warmup"},
		{[]string{"--file", good, "--test-days", "-1"}, exitUsage, "--test-days"},
		{[]string{"--file", good, "--malformed", "keep"}, exitUsage, "stop or skip"},
		{[]string{"--file", good, "--catalogue", good + ".none"}, exitUsage, "--catalogue: open"},
		{[]string{"--file", good, "--catalogue", writeFile(t, "c.csv", "")}, exitUsage, "no product is in stock"},
		{[]string{"--file", good, "--catalogue", writeFile(t, "c.csv", "name\nx\n")}, exitUsage, "line 1: the header has no column item"},
		{[]string{"--file", good, "--params", "HidePurchased=often"}, exitUsage, "HidePurchased"},
		{[]string{"--file", good, "--shards", "0"}, exitUsage, "--shards"},
		{[]string{"--file", good, "--shards", "2", "--staleness", "soon"}, exitUsage, "60s, or never"},
		{[]string{"--file", good, "--format", "xml"}, exitUsage, "--format"},
		{[]string{"--file", good, "--params", "Scan"}, exitUsage, "not Name=value"},
		{[]string{"--file", good, "--params", "Scam=1"}, exitUsage, "there are PerItem, "},
		{[]string{"--file", good, "--params", "Scan=many"}, exitUsage, "not a whole number"},
		{[]string{"--file", good, "--params", "TypeWeight=1/2"}, exitUsage, "not 3 numbers"},
		{[]string{"--file", good, "--params", "Scan=0"}, exitUsage, "Scan is 0, want 1 to 250"},
		{[]string{"--file", filepath.Join(t.TempDir(), "none")}, exitUsage, "no such file"},
		{[]string{"--file", writeFile(t, "empty", "")}, exitRefused, "has no events"},
		{[]string{"--file", writeFile(t, "text", "hello\n")}, exitRefused, "neither a JSON object nor a CSV header"},
		{[]string{"--file", writeFile(t, "bad.csv", header+"1,s,view,a\nx,s,view,b\n")}, exitRefused, "line 3: ts_ms"},
		{[]string{"--file", writeFile(t, "short.csv", header+"1,s,view,a\n")}, exitRefused, "nothing to predict"},
		{[]string{"--file", writeFile(t, "whole.csv", header+"1,s,view,a\n"), "--protocol", "offline"}, exitRefused, "--test-days"},
		{[]string{"--file", writeFile(t, "timeless.jsonl", `{"session_id":"s","browse_history":[{"product_code":"a"}]}`)}, exitRefused, "when it happened"},
		{[]string{"--file", good, "--plot", filepath.Join(t.TempDir(), "no", "folder.png")}, exitUsage, "--plot: write picture: open"},
		{[]string{"--file", good, "--plot", filepath.Join(t.TempDir(), "hits.jpg")}, exitUsage, "ends in .png or .svg, not \"hits.jpg\""},
		{[]string{"--file", good, "--warmup", "NaN"}, exitUsage, "must be shares"},
		{[]string{"--file", good, "--until", "NaN"}, exitUsage, "must be shares"},
		{[]string{"--file", good, "--protocol", "offline", "--test-days", "NaN"}, exitUsage, "from 0 to 36500, not NaN"},
		{[]string{"--file", good, "--protocol", "offline", "--test-days", "Inf"}, exitUsage, "from 0 to 36500, not +Inf"},
		{[]string{"--file", good, "--protocol", "offline", "--test-days", "1000"}, exitUsage, "all sessions of " + good + " are in the test"},
		{[]string{"--file", good, "--protocol", "offline", "--test-days", "1e-9"}, exitUsage, "no session of"},
		{[]string{"--file", good, "--staleness", "60s"}, exitUsage, "--staleness changes nothing here: give --shards"},
		{[]string{"--file", good, "--test-days", "3"}, exitUsage, "--test-days changes nothing here: give --protocol offline"},
		{[]string{"--file", good, "--protocol", "offline", "--warmup", "0.2"}, exitUsage, "--warmup changes nothing here: it is for --protocol prequential"},
		{[]string{"--file", good, "--protocol", "offline", "--until", "1"}, exitUsage, "--until changes nothing here"},
		{[]string{"--file", good, "--params", "PerItem=5"}, exitUsage, "set them together, as in PerItem=5,Scan=5,HopScan=5\n"},
		{[]string{"--file", good, "--params", "Scan=500"}, exitUsage, "set them together, as in PerItem=500,Scan=500,HopScan=25\n"},
		{[]string{"--file", good, "--params", "HidePurchased=maybe"}, exitUsage, `HidePurchased: "maybe" is neither true nor false`},
		{[]string{"--file", good, "--params", "SessionTTL=day"}, exitUsage, `SessionTTL: "day" is not a duration such as`},
		{[]string{"--file", writeFile(t, "quoted.csv", header+"1,s,view,\"a\nb\"\n")}, exitRefused, "a record is one line"},
	} {
		var out, errs bytes.Buffer
		code := run(t.Context(), append([]string{"evaluate"}, c.args...), streams{strings.NewReader(""), &out, &errs})
		if code != c.code || !strings.Contains(errs.String(), c.says) || out.Len() > 0 {
			t.Errorf("%v: exit code %d, %q; want %d and %q", c.args, code, errs.String(), c.code, c.says)
		}
	}
}
