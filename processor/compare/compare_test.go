package compare_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/chain/chaintest"
	"github.com/streamrec/streamrec/processor/compare"
	"github.com/streamrec/streamrec/processor/table"
)

var (
	noon   = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	hour12 = chain.HourOf(noon)
	then   = chain.Layout{Prefix: "events", Generation: 1}
	now    = chain.Layout{Prefix: "events", Generation: 2}
)

// visit is a row: who looked at what, and the list that was made.
type visit struct {
	session, product string
	list             string // products with spaces between
}

// log is two generations of the same rows.
type log struct {
	*testing.T
	bucket chaintest.Bucket
	n      int
}

// link puts a link of each generation in an hour; the lists of the second one are given apart.
func (l *log) link(hour chain.Hour, shard string, visits []visit, lists ...string) {
	l.Helper()
	again := make([]visit, len(visits))
	for i, v := range visits {
		again[i] = visit{v.session, v.product, lists[i]}
	}
	l.put(then, hour, shard, l.n, visits)
	l.put(now, hour, shard, l.n, again)
	l.n += len(visits)
}

func (l *log) put(in chain.Layout, hour chain.Hour, shard string, from int, visits []visit) {
	l.Helper()
	w, err := table.NewWriter(table.Options{})
	l.must(err)
	for i, v := range visits {
		padded, err := chain.Pad(fmt.Sprint(1000 + from + i))
		l.must(err)
		row := table.Row{ShardID: shard, SequenceNumber: padded, ArrivalTime: hour.Time(), SessionID: &v.session, BrowseHistory: []table.Entry{{ProductCode: &v.product}}}
		for _, p := range strings.Fields(v.list) {
			row.Recommendations = append(row.Recommendations, table.Recommendation{ProductCode: p})
		}
		l.must(w.Append([]table.Row{row}))
	}
	body, err := w.Close(nil)
	l.must(err)
	key, err := in.LinkKey(hour, shard, fmt.Sprint(1000+from))
	l.must(err)
	l.must(l.bucket.PutIfAbsent(l.Context(), key, body, nil))
}

func (l *log) must(err error) {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
}

func (l *log) compare(k int) (*compare.Report, error) {
	return compare.Compare(l.Context(), compare.Options{Env: &chaintest.Env{}, Bucket: &l.bucket, Then: then, Now: now, From: hour12, Until: hour12 + 3, K: k})
}

// TestCompare counts by hand what two models have said to three shoppers.
func TestCompare(t *testing.T) {
	l := &log{T: t}
	l.link(hour12, "a", []visit{
		{"s1", "p1", "p2 p3 p4"}, {"s2", "p9", "p8"}, {"s1", "p3", "p5"}, {"s1", "p3", "p7"}, {"s2", "p8", ""},
	}, "p3 p2 p4", "p1", "p5", "p6", "")
	l.link(hour12+2, "a", []visit{{"s1", "p6", ""}, {"s2", "p1", ""}}, "", "p1")
	l.link(hour12+2, "b", []visit{{"s3", "p1", "p2"}, {"s3", "p1", "p2"}}, "p2", "p2") // again the same product: nothing is predicted
	r, err := l.compare(3)
	l.must(err)
	// s1: p3 was 2nd, is 1st; p6 was not there, is 1st. s2: p8 was 1st, is not there; p1 had no list before it in either generation.
	total := r.Total
	if total.Rows != 9 || total.Listed != 7 || total.Changed != 4 || total.Predictions != 3 || total.Then.Hits != 2 || total.Now.Hits != 2 || r.Missing != 0 {
		t.Errorf("total %+v, %d missing", total, r.Missing)
	}
	if got, want := total.MRR(total.Then), (0.5+1)/3; math.Abs(got-want) > 1e-9 {
		t.Errorf("MRR then %f, want %f", got, want)
	}
	if got, want := total.MRR(total.Now), 2.0/3; math.Abs(got-want) > 1e-9 {
		t.Errorf("MRR now %f, want %f", got, want)
	}
	if got, want := total.Overlap(), (1+0+1+0+0+1+1)/7.0; math.Abs(got-want) > 1e-9 {
		t.Errorf("in common %f, want %f", got, want)
	}
	if len(r.Hours) != 2 || r.Hours[1].Hour != hour12+2 || r.Hours[1].Links != 2 || r.Hours[1].Predictions != 1 {
		t.Errorf("hours %+v", r.Hours)
	}
	short, err := l.compare(1)
	l.must(err)
	if short.Total.Then.Hits != 1 || short.Total.Now.Hits != 2 || short.Total.Rows != 9 {
		t.Errorf("of lists of one: %+v", short.Total)
	}
	var text, body bytes.Buffer
	l.must(r.WriteText(&text))
	l.must(json.NewEncoder(&body).Encode(r))
	if !strings.Contains(text.String(), "0.6667") || !strings.Contains(body.String(), `"hitRate":0.6666`) {
		t.Errorf("%s%s", text.String(), body.String())
	}
}

// TestCompareWhatIsNotThere: links that have still to be replayed are counted, rows that are not the same are an error.
func TestCompareWhatIsNotThere(t *testing.T) {
	l := &log{T: t}
	l.link(hour12, "a", []visit{{"s1", "p1", "p2"}}, "p2")
	l.put(then, hour12, "a", 7, []visit{{"s1", "p2", "p3"}})
	r, err := l.compare(20)
	if l.must(err); r.Missing != 1 || r.Total.Rows != 1 {
		t.Errorf("%+v", r)
	}
	l.put(now, hour12, "a", 7, []visit{{"s1", "p2", "p3"}, {"s1", "p4", ""}})
	if _, err := l.compare(20); !errors.Is(err, compare.ErrDiffer) {
		t.Errorf("a row too many: %v", err)
	}
	l.put(now, hour12+1, "a", 9, []visit{{"s1", "p2", "p3"}})
	if _, err := l.compare(20); !errors.Is(err, compare.ErrDiffer) {
		t.Errorf("a link too many: %v", err)
	}
}
