package produce

import (
	"bytes"
	"runtime/pprof"
	"strings"
	"testing"
)

func TestLinesComeEveryTenSeconds(t *testing.T) {
	var out bytes.Buffer
	d := newDisplay(&out, false)
	for tenth := range 250 {
		d.show(Summary{Records: int64(tenth), Bytes: 2_500_000, RecordsPerSecond: 10, Seconds: float64(tenth) / 10}, 0, -1)
	}
	d.note("line %d: %s", 7, "bad")
	d.show(Summary{Records: 1, Retries: 2, Malformed: 3, Refused: 1, Seconds: 60}, 0, -1)
	d.finish()
	want := "100 records, 2.5 MB, 10 records/s\n200 records, 2.5 MB, 10 records/s\nline 7: bad\n1 records, 0.0 MB, 0 records/s, 2 retries, 4 malformed or refused\n"
	if out.String() != want {
		t.Errorf("lines\n%s\nwant\n%s", out.String(), want)
	}
}

func TestBar(t *testing.T) {
	for _, total := range []int64{1000, 0, -1} {
		var out bytes.Buffer
		d := newDisplay(&out, true)
		d.note("before the first")
		for done := range int64(1200) { // more than there is, as when a file grows
			d.show(Summary{Records: done, RecordsPerSecond: 5}, done, total)
		}
		d.note("line 7: bad")
		d.finish()
		drawn := out.String()
		for _, want := range []string{"before the first\n", "records/s", "line 7: bad\n"} {
			if !strings.Contains(drawn, want) {
				t.Errorf("total %d: %q is not on the screen: %q", total, want, drawn)
			}
		}
		if last := drawn[strings.LastIndex(drawn, "bad\n")+4:]; strings.Contains(last, "records") {
			t.Errorf("total %d: the bar is left on the screen: %q", total, last)
		}
	}
	if all := running(t); strings.Contains(all, "progressbar") {
		t.Errorf("a bar goes on drawing itself:\n%s", all)
	}
}

// running returns the stacks of all goroutines.
func running(t *testing.T) string {
	t.Helper()
	var stacks bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&stacks, 2); err != nil {
		t.Fatal(err)
	}
	return stacks.String()
}
