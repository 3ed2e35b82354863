package main

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

// generation is what the objects of a shard in one generation say.
type generation struct {
	links   map[int]*chain.Link // by the index of their first record
	covered map[int]bool        // records that are in a link
	start   *chain.StartMark
	end     *chain.EndMark
}

// chainState is a chain as it is read under a map.
type chainState struct {
	end   chain.End
	next  int // index of the first record that is not in it
	begun bool
	ended bool
}

// generation returns what a generation has of the shard.
func (s *shardLog) generation(g int) *generation {
	if s.logs[g] == nil {
		s.logs[g] = &generation{links: map[int]*chain.Link{}, covered: map[int]bool{}}
	}
	return s.logs[g]
}

// endedOnce reports whether any generation has an end mark of the shard.
func (s *shardLog) endedOnce() bool {
	if s.past {
		return true
	}
	for _, g := range s.logs {
		if g.end != nil {
			return true
		}
	}
	return false
}

// mapOf returns the map of a row or a plan.
func mapOf(text string) chain.Map {
	if text == "" {
		return layout.Map()
	}
	m, err := chain.ParseMap(text)
	if err != nil {
		panic(violation(err.Error()))
	}
	return m
}

// chainOf reads a shard's chain under a map.
func (w *world) chainOf(shard string, m chain.Map) (c chainState) {
	s := w.stream.byID[shard]
	c.ended = s.past
	for moved := true; moved; {
		moved = false
		for _, g := range m.Generations() {
			if l := s.generation(g).links[c.next]; l != nil && m.At(l.Hour) == g {
				c.end, c.next, moved = l.End(), s.position[l.Last]+1, true
			}
		}
	}
	for _, g := range m.Generations() {
		log := s.generation(g)
		c.begun = c.begun || log.start != nil && m.At(log.start.Hour) == g
		c.ended = c.ended || log.end != nil && m.At(log.end.Hour) == g
	}
	return c
}

// markOf decodes a mark.
func markOf[M any](w *world, key string, body []byte) (g int, m *M) {
	m = new(M)
	if err := json.Unmarshal(body, m); err != nil {
		w.fail("%s: %v", key, err)
	}
	return generationOf(key), m
}

// generationOf returns the generation that the key of an object names.
func generationOf(key string) int {
	_, rest, _ := strings.Cut(key, "gen=")
	number, _, _ := strings.Cut(rest, "/")
	g, err := strconv.Atoi(number)
	if err != nil {
		panic(violation(key + ": " + err.Error()))
	}
	return g
}

func (w *world) startPut(g int, m *chain.StartMark) { w.stream.byID[m.Shard].generation(g).start = m }

// endPut checks that an end mark is written after everything.
func (w *world) endPut(g int, m *chain.EndMark) {
	s := w.stream.byID[m.Shard]
	last := ""
	if n := len(s.records); n > 0 {
		last = s.records[n-1].SequenceNumber
	}
	log := s.generation(g)
	if !s.closed || m.Last != last || m.Records != int64(len(s.records)) || last != "" && !log.covered[len(s.records)-1] {
		w.fail("the end mark of %s in generation %d says %q, %d records; the shard has %d and ends with %q", m.Shard, g, m.Last, m.Records, len(s.records), last)
	}
	log.end = m
	w.oracle.cues++
}

// linkPut checks that an object continues a chain with the records that the stream has there, that no other of its generation has one of them, and that every
// generation puts a record into the same hour.
func (w *world) linkPut(l *chain.Link, rows []row) {
	s := w.stream.byID[l.Shard]
	log := s.generation(l.Generation)
	first, ok := s.position[l.First]
	last, ok2 := s.position[l.Last]
	if !ok || !ok2 || last-first+1 != int(l.Records) || len(rows) != int(l.Rows) || l.TotalRecords != int64(last+1) {
		w.fail("%s: link %s..%s with %d records of %d: a record is lost or repeated", l.Shard, l.First, l.Last, l.Records, l.TotalRecords)
	}
	if !w.continues(s, l, first, last) {
		w.fail("%s: link %s of generation %d and hour %s follows %q, which no link leads to", l.Shard, l.First, l.Generation, l.Hour, l.Prev)
	}
	if l.Hour < w.parentsHour(s) {
		w.fail("%s: link %s lies in hour %s, before the end of a parent", l.Shard, l.First, l.Hour)
	}
	for i := first; i <= last; i++ {
		w.recordPut(s, log, l, i, &rows[i-first])
	}
	log.links[first] = l
	w.look(s)
}

// continues reports whether a link follows another one, of whatever generation, in hour and hash, or is the first.
func (w *world) continues(s *shardLog, l *chain.Link, first, last int) bool {
	if first == 0 {
		return l.Prev == "" && l.Hash == w.hash("", s.records[:last+1])
	}
	for _, g := range s.logs {
		for _, p := range g.links {
			if p.Last == l.Prev && s.position[p.Last] == first-1 && p.Hour <= l.Hour && l.Hash == w.hash(p.Hash, s.records[first:last+1]) {
				return true
			}
		}
	}
	return false
}

// recordPut checks a record of a link.
func (w *world) recordPut(s *shardLog, log *generation, l *chain.Link, i int, r *row) {
	if log.covered[i] {
		w.fail("%s: record %d is in two links of generation %d", l.Shard, i, l.Generation)
	}
	log.covered[i] = true
	if hour, ok := s.hours[i]; ok && hour != l.Hour || chain.HourOf(s.records[i].Arrival) > l.Hour {
		w.fail("%s: record %d lies in hour %s in generation %d, elsewhere in hour %s", l.Shard, i, l.Hour, l.Generation, hour)
	}
	s.hours[i] = l.Hour
	if want := s.rows[i]; r.sequence != s.records[i].SequenceNumber || !r.arrival.Equal(s.records[i].Arrival) || r.session != want.session || r.n != want.n || r.digest != want.digest {
		w.fail("%s: row %d of link %s is not what its record becomes", l.Shard, i, l.First)
	}
}

// parentsHour is the hour of the last record of a shard's ancestors, as far as it is known.
func (w *world) parentsHour(s *shardLog) (hour chain.Hour) {
	for _, p := range s.lease.Parents {
		parent := w.stream.byID[p]
		hour = max(hour, parent.hours[len(parent.records)-1], w.parentsHour(parent))
	}
	return hour
}

// look is a reader: what was there once is there still.
func (w *world) look(s *shardLog) {
	for i := range s.records {
		hour, ok := s.hours[i]
		visible := ok && s.generation(w.shown.Map.At(hour)).covered[i]
		if s.seen[i] && !visible {
			w.fail("%s: readers saw record %d of hour %s, and under %s they do not", s.lease.Key, i, hour, w.shown.Map)
		}
		s.seen[i] = visible
	}
}

// published takes note of the map that readers see from now on.
func (w *world) published() {
	p, err := chain.ReadPublished(background, &operatorEnv{}, w.objects, layout)
	if err != nil {
		w.fail("%v", err)
	}
	if p.Plan < w.shown.Plan || p.Plan == w.shown.Plan && p.Switched <= w.shown.Switched {
		w.fail("readers are shown the map of plan %d, %d, after that of plan %d, %d", p.Plan, p.Switched, w.shown.Plan, w.shown.Switched)
	}
	w.oracle.switched++
	w.shown = p
	for _, s := range w.stream.shards {
		w.look(s)
	}
}

// planWritten checks a write of the plan row.
func (w *world) planWritten(old, now *lease.Plan) {
	if now.Number == old.Number+1 {
		w.oracle.plans++
	}
	w.meddle()
	if mapOf(now.Published).String() != w.shown.Map.String() && now.State != lease.PlanPublished {
		w.fail("plan %d is made on the map %s, readers see %s", now.Number, now.Published, w.shown.Map)
	}
}

// hash is that of a link with these records.
func (w *world) hash(prev string, records []worker.Record) string {
	w.digest.Reset(prev)
	for i := range records {
		w.digest.Add(records[i].SequenceNumber, records[i].Data)
	}
	return w.digest.Sum()
}
