package processor

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/processor/table"
)

// learn gives an event to the model, and notes in the row what the model has made of it.
func (c *rows) learn(row *table.Row, r *event.Record, e *event.Event) {
	c.learned = c.learned[:0]
	for i := range e.History {
		if h := &e.History[i]; h.ProductCode.Valid {
			c.learned = append(c.learned, model.Interaction{
				Item: h.ProductCode.Value, Type: model.EventType(h.Type), Category: h.Category.Value, Brand: h.Brand.Value,
			})
		}
	}
	c.observe(e.SessionID, r.Arrival.UnixMilli(), e.HashKey)
	c.note(row, r, e)
}

// observe gives c.learned to the model, and c.facts is what the model makes of it.
func (c *rows) observe(session string, arrivalMs int64, key event.HashKey) {
	c.facts = c.facts[:0]
	if len(c.learned) == 0 {
		return
	}
	c.facts = c.model.Observe(c.facts, model.Record{
		Session: session, ArrivalMs: arrivalMs, Items: c.learned,
		HashKey: [2]uint64{binary.BigEndian.Uint64(key[:8]), binary.BigEndian.Uint64(key[8:])},
	})
}

// note writes c.facts into the row, from which others learn them: see table.Row.VisitStarted and table.Entry.TouchOffset. The facts of a
// record come in the order of its entries, and have their types.
func (c *rows) note(row *table.Row, r *event.Record, e *event.Event) {
	if len(c.facts) == 0 {
		return
	}
	row.VisitStarted = keep(&c.starts, time.Unix(int64(c.facts[0].Visit), 0).UTC())
	at, base := 0, model.TouchAt(r.Arrival.UnixMilli())
	for i := range e.History {
		if at == len(c.facts) {
			return
		}
		f, h := &c.facts[at], &e.History[i]
		if h.ProductCode.Valid && h.ProductCode.Value == f.Item && model.EventType(h.Type) == f.Type {
			row.BrowseHistory[i].TouchOffset = keep(&c.offsets, int64(f.Touch-base))
			at++
		}
	}
}

// keep stores what a row of this record points to. Growing leaves what earlier rows point to where it is.
func keep[T any](scratch *[]T, v T) *T {
	*scratch = append(*scratch, v)
	return &(*scratch)[len(*scratch)-1]
}

// recommend computes the row's list for the session that has just acted. The lists of one record's rows share c.lists.
func (c *rows) recommend(row *table.Row, e *event.Event) {
	if c.length <= 0 {
		return
	}
	c.scored = c.model.Recommend(c.scored[:0], e.SessionID, c.length)
	start := len(c.lists)
	for _, s := range c.scored {
		c.lists = append(c.lists, table.Recommendation{ProductCode: s.Item, Score: float64(s.Score) / (1 << 20)}) // 20 fractional bits: exact
	}
	row.Recommendations = c.lists[start:len(c.lists):len(c.lists)]
	row.ModelVersion = c.versions.of(c.model.Adopted())
}

// version says what the lists of the rows with its number were computed from, beside the shard's own records.
type version struct {
	Version int32 `json:"version"` // as in table.Row.ModelVersion
	// Shards has the end of what was merged of each shard's log: the last sequence number and the hour. From the second version of an
	// object on, only those are there that have moved.
	Shards map[string]string `json:"shards"`
}

// versions numbers the editions of the merged model that the rows of an object were computed with.
type versions struct {
	edition *model.Edition // of the last number
	last    int32
	marks   map[string]string
	object  []version // of the open object
}

// of returns the number of an edition, which belongs to versions. Nil has none.
func (v *versions) of(edition *model.Edition) *int32 {
	if edition == nil {
		return nil
	}
	if edition != v.edition || len(v.object) == 0 {
		v.add(edition)
	}
	return &v.object[len(v.object)-1].Version
}

func (v *versions) add(edition *model.Edition) {
	if len(v.object) == 0 {
		v.marks = map[string]string{}
	}
	if edition != v.edition {
		v.edition = edition
		v.last++
	}
	moved := map[string]string{}
	for shard, mark := range edition.Marks() {
		if v.marks[shard] != mark.Link {
			v.marks[shard], moved[shard] = mark.Link, mark.Link
		}
	}
	v.object = append(v.object, version{Version: v.last, Shards: moved})
}

// keyVersions is the key in the footer under which an object's versions are.
const keyVersions = "model_versions"

// describe adds to the notes of an object what its lists were computed from.
func (v *versions) describe(notes map[string]string) error {
	if len(v.object) == 0 {
		return nil
	}
	text, err := json.Marshal(v.object)
	if err != nil {
		return fmt.Errorf("describe model: %w", err)
	}
	notes[keyVersions] = string(text)
	return nil
}
