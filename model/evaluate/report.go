package evaluate

import (
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"github.com/streamrec/streamrec/model"
)

// A Tally counts predictions of one kind.
type Tally struct {
	N  int   // predictions
	At []int // [r]: targets at place r of their lists, from 0
}

// note counts one prediction; place is negative for a miss.
func (t *Tally) note(place, k int) {
	t.N++
	if t.At == nil {
		t.At = make([]int, k)
	}
	if place >= 0 {
		t.At[place]++
	}
}

// HR returns the hit rate: the share of targets that were in their lists. It is 0 if there are none.
func (t Tally) HR() float64 { return t.HRAt(len(t.At)) }

// HRAt returns the hit rate of lists of length k, which are the beginnings of the lists that were asked for.
func (t Tally) HRAt(k int) float64 {
	hits := 0
	for _, n := range t.At[:min(k, len(t.At))] {
		hits += n
	}
	return float64(hits) / float64(max(t.N, 1))
}

// MRR returns the mean of 1/place of the target, counting from 1, and 0 for a target that was not in its list.
func (t Tally) MRR() float64 {
	sum := 0.0
	for r, n := range t.At {
		sum += float64(n) / float64(r+1)
	}
	return sum / float64(max(t.N, 1))
}

// String returns the size and both rates.
func (t Tally) String() string {
	return fmt.Sprintf("n=%d HR=%.4f MRR=%.4f", t.N, t.HR(), t.MRR())
}

// A Report is what a protocol measured.
type Report struct {
	All     Tally
	ByType  [3]Tally // by model.EventType of the target
	New     Tally    // targets that their session had not touched before
	Revisit Tally    // targets that it had
	First   Tally    // first events of sessions, which count nowhere else: the list is that for an empty session
	Unseen  int      // targets that nobody had touched before; no list can contain them
	Short   int      // lists of fewer than K items
	Listed  int      // distinct items in the lists
	Known   int      // distinct items that were learnt

	Outcomes []Outcome // of each prediction, in order

	Recommending, Updating Latency // empty without a Clock
}

// An Outcome is one prediction.
type Outcome struct {
	Ms    int64  // time of the target
	Place int    // of the target in the list, from 0; negative for a miss
	List  uint64 // fingerprint of the list
}

// SameLists returns how many lists are those that another run of the same predictions had.
func (r Report) SameLists(o Report) int {
	n := 0
	for i := range r.Outcomes[:min(len(r.Outcomes), len(o.Outcomes))] {
		if r.Outcomes[i] == o.Outcomes[i] {
			n++
		}
	}
	return n
}

func fingerprint(list []string) uint64 {
	h := fnv.New64a()
	for _, item := range list {
		fmt.Fprintf(h, "%q", item)
	}
	return h.Sum64()
}

// Coverage returns the share of the known items that were in a list.
func (r Report) Coverage() float64 { return float64(r.Listed) / float64(max(r.Known, 1)) }

// note counts one prediction.
func (r *Report) note(list []string, target Event, revisit bool, k int) {
	place := slices.Index(list, target.Item)
	r.Outcomes = append(r.Outcomes, Outcome{target.Ms, place, fingerprint(list)})
	r.All.note(place, k)
	r.ByType[min(target.Type, model.Purchase)].note(place, k)
	if revisit {
		r.Revisit.note(place, k)
	} else {
		r.New.note(place, k)
	}
	if len(list) < k {
		r.Short++
	}
}

// noteFirst counts a first event of a session.
func (r *Report) noteFirst(list []string, target Event, k int) {
	r.First.note(slices.Index(list, target.Item), k)
}

// Latency is a sample of durations.
type Latency []time.Duration

// Quantile returns the smallest duration that a share q of the sample does not exceed, 0 for an empty sample.
func (l Latency) Quantile(q float64) time.Duration {
	if len(l) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(l))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

// Mean returns the mean duration, 0 for an empty sample.
func (l Latency) Mean() time.Duration {
	sum := time.Duration(0)
	for _, d := range l {
		sum += d
	}
	return sum / time.Duration(max(len(l), 1))
}
