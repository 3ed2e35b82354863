package compare

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/streamrec/streamrec/processor/chain"
)

// Report is what a comparison has found.
type Report struct {
	K       int    `json:"k"`
	Hours   []Hour `json:"hours"`
	Total   Tally  `json:"total"`
	Missing int    `json:"missingLinks"` // of the old generation, which the new one does not have yet
}

// Hour is what it has found in an hour.
type Hour struct {
	Hour    chain.Hour `json:"hour"`
	Links   int        `json:"links"`
	Missing int        `json:"missingLinks"`
	Tally
}

// Tally counts rows, and predictions of the next product of a session.
type Tally struct {
	Rows        int64   `json:"rows"`
	Listed      int64   `json:"rowsWithList"` // in either generation
	Changed     int64   `json:"rowsChanged"`  // whose lists are not the same, product by product
	Kept        float64 `json:"-"`            // sum, over rows with a list, of the share of products that both have
	Predictions int64   `json:"predictions"`
	Then        Score   `json:"then"`
	Now         Score   `json:"now"`
}

// Score is how well the lists of a generation have predicted.
type Score struct {
	Hits       int64   `json:"hits"`
	Reciprocal float64 `json:"-"` // sum, over predictions, of 1/rank
}

// row counts a row with its two lists.
func (t *Tally) row(then, now []Listed) {
	t.Rows++
	if len(then)+len(now) == 0 {
		return
	}
	t.Listed++
	same, common := len(then) == len(now), 0
	had := make(map[string]bool, len(then))
	for i := range then {
		had[then[i].ProductCode] = true
		same = same && then[i].ProductCode == now[i].ProductCode
	}
	for i := range now {
		if had[now[i].ProductCode] {
			common++
		}
	}
	if !same {
		t.Changed++
	}
	t.Kept += float64(common) / float64(max(len(then), len(now)))
}

func (t *Tally) add(o *Tally) {
	t.Rows, t.Listed, t.Changed, t.Kept, t.Predictions = t.Rows+o.Rows, t.Listed+o.Listed, t.Changed+o.Changed, t.Kept+o.Kept, t.Predictions+o.Predictions
	t.Then.Hits, t.Then.Reciprocal = t.Then.Hits+o.Then.Hits, t.Then.Reciprocal+o.Then.Reciprocal
	t.Now.Hits, t.Now.Reciprocal = t.Now.Hits+o.Now.Hits, t.Now.Reciprocal+o.Now.Reciprocal
}

// Overlap is which share of a list's products the other one has too, on average; 0 when no row has a list.
func (t *Tally) Overlap() float64 { return t.Kept / float64(max(t.Listed, 1)) }

// HitRate is the share of predictions that were hits, and MRR the mean of 1/rank; 0 when there were none.
func (t *Tally) HitRate(s Score) float64 { return float64(s.Hits) / float64(max(t.Predictions, 1)) }

// MRR is the mean reciprocal rank.
func (t *Tally) MRR(s Score) float64 { return s.Reciprocal / float64(max(t.Predictions, 1)) }

// MarshalJSON adds the rates.
func (t Tally) MarshalJSON() ([]byte, error) {
	type plain Tally
	rates := func(s Score) map[string]any {
		return map[string]any{"hits": s.Hits, "hitRate": t.HitRate(s), "mrr": t.MRR(s)}
	}
	return json.Marshal(struct {
		plain
		Overlap float64        `json:"overlap"`
		Then    map[string]any `json:"then"`
		Now     map[string]any `json:"now"`
	}{plain(t), t.Overlap(), rates(t.Then), rates(t.Now)})
}

// MarshalJSON keeps the fields of the hour beside those of its tally.
func (h Hour) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Hour    chain.Hour `json:"hour"`
		Links   int        `json:"links"`
		Missing int        `json:"missingLinks"`
		Tally   Tally      `json:"tally"`
	}{h.Hour, h.Links, h.Missing, h.Tally})
}

// WriteText writes the report as a table.
func (r *Report) WriteText(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "HOUR\tROWS\tLISTS CHANGED\tIN COMMON\tPREDICTIONS\tHR@%d THEN\tNOW\tMRR@%d THEN\tNOW\t\n", r.K, r.K)
	line := func(name string, t *Tally) {
		fmt.Fprintf(w, "%s\t%d\t%.1f %%\t%.1f %%\t%d\t%.4f\t%.4f\t%.4f\t%.4f\t\n", name, t.Rows, 100*float64(t.Changed)/float64(max(t.Listed, 1)), 100*t.Overlap(),
			t.Predictions, t.HitRate(t.Then), t.HitRate(t.Now), t.MRR(t.Then), t.MRR(t.Now))
	}
	for i := range r.Hours {
		line(r.Hours[i].Hour.String(), &r.Hours[i].Tally)
	}
	line("all", &r.Total)
	if err := w.Flush(); err != nil {
		return err
	}
	if r.Missing > 0 {
		_, err := fmt.Fprintf(out, "%d objects are not replayed yet\n", r.Missing)
		return err
	}
	return nil
}
