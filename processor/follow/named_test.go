package follow_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/table"
)

// named is a row with what its list was computed from.
type named struct {
	table.Row
	marks map[string]string // end of the merged part of each shard's log
}

// namedRows reads all rows of a shard in order.
func namedRows(t *testing.T, f *fleet, id string) (out []named) {
	t.Helper()
	for _, key := range f.bucket.Keys("events/gen=1/") {
		if !strings.Contains(key, id) {
			continue
		}
		body, _, err := f.bucket.Get(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		info, err := table.ReadInfo(bytes.NewReader(body), int64(len(body)))
		if err != nil {
			t.Fatal(err)
		}
		versions := versionsOf(t, info.Keys["model_versions"])
		err = table.Read(t.Context(), bytes.NewReader(body), int64(len(body)), func(rows []table.Row) error {
			for _, r := range rows {
				n := named{Row: r}
				n.BrowseHistory, n.Recommendations = slices.Clone(r.BrowseHistory), slices.Clone(r.Recommendations)
				if r.ModelVersion != nil {
					n.marks = versions[*r.ModelVersion]
				}
				out = append(out, n)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// versionsOf returns the marks of each version of an object.
func versionsOf(t *testing.T, footer string) map[int32]map[string]string {
	t.Helper()
	var list []struct {
		Version int32
		Shards  map[string]string
	}
	if footer == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(footer), &list); err != nil {
		t.Fatal(err)
	}
	all, marks := map[int32]map[string]string{}, map[string]string{}
	for _, v := range list {
		maps.Copy(marks, v.Shards)
		all[v.Version] = maps.Clone(marks)
	}
	return all
}

func items(r table.Row) (list []string) {
	for _, x := range r.Recommendations {
		list = append(list, x.ProductCode)
	}
	return list
}

// observe gives the row's record to a model.
func (n *named) observe(m *model.Model) {
	r := model.Record{Session: *n.SessionID, ArrivalMs: n.ArrivalTime.UnixMilli()}
	for _, x := range n.BrowseHistory {
		kind := slices.Index([]string{"view", "cart", "purchase"}, *x.Event)
		act := model.Interaction{Item: *x.ProductCode, Type: model.EventType(kind)}
		if x.Category != nil {
			act.Category = *x.Category
		}
		r.Items = append(r.Items, act)
	}
	m.Observe(nil, r)
}

// mergedUpTo returns what the logs say up to the marks, nil without any.
func mergedUpTo(logs map[string][]named, marks map[string]string) *model.Edition {
	if marks == nil {
		return nil
	}
	m := model.NewMerged(model.DefaultParams())
	for id, mark := range marks {
		at, err := chain.ParseBookmark(mark)
		if err != nil {
			panic(err)
		}
		for _, r := range logs[id] {
			if chain.Compare(r.SequenceNumber, at.Last) > 0 {
				break
			}
			for _, x := range r.BrowseHistory {
				if x.TouchOffset == nil {
					continue
				}
				kind, category := slices.Index([]string{"view", "cart", "purchase"}, *x.Event), ""
				if x.Category != nil {
					category = *x.Category
				}
				m.Add(model.Fact{
					Session: *r.SessionID, Visit: uint32(r.VisitStarted.Unix()), Item: *x.ProductCode, Type: model.EventType(kind),
					Touch: model.TouchAt(r.ArrivalTime.UnixMilli()) + model.Touch(*x.TouchOffset), Label: model.LabelOf(category, ""),
				})
			}
		}
	}
	return m.Publish()
}
