package main

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

// generation is what the objects of a shard in one generation say.
type generation struct {
	links   map[int]*chain.Link       // by the index of their first record
	covered map[int]bool              // records that are in a link
	gaps    map[string]*chain.GapMark // by their Prev
	hours   map[int]chain.Hour        // of those that are covered
	start   *chain.StartMark
	end     *chain.EndMark
}

// chainState is a chain as it is read under a map.
type chainState struct {
	place
	has   map[int]bool // records that it has
	begun bool
	ended bool
}

// generation returns what a generation has of the shard.
func (s *shardLog) generation(g int) *generation {
	if s.logs[g] == nil {
		s.logs[g] = &generation{links: map[int]*chain.Link{}, covered: map[int]bool{}, gaps: map[string]*chain.GapMark{}, hours: map[int]chain.Hour{}}
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
	c.ended, c.has = s.past, map[int]bool{}
	marks := m.Marks()
	for _, g := range marks.Generations() {
		log := s.generation(g)
		if log.start != nil && marks.At(log.start.Hour) == g {
			c.begun, c.end.Hour = true, log.start.Hour
		}
		c.ended = c.ended || log.end != nil && marks.At(log.end.Hour) == g
	}
	for c.forward(s, m, marks) {
	}
	return c
}

// forward goes over the next link, or the next gap when there is none, and reports whether there was one.
func (c *chainState) forward(s *shardLog, m, marks chain.Map) bool {
	at := c.end.Last
	if c.end.Gap.Next != "" {
		at = c.end.Gap.Next
	}
	for _, g := range m.Generations() {
		for _, first := range []int{c.next, s.position[c.end.Last] + 1} { // the second: of who had read what is given up
			l := s.generation(g).links[first]
			if l == nil || m.At(l.Hour) != g || l.Gap && (l.Prev != c.end.Gap.Prev || l.First != c.end.Gap.Next) || !l.Gap && l.Prev != c.end.Last {
				continue
			}
			for i := first; i < first+int(l.Records); i++ {
				c.has[i] = true
			}
			c.place = place{l.End(), s.position[l.Last] + 1}
			return true
		}
	}
	for _, g := range marks.Generations() {
		if mark := s.generation(g).gaps[at]; mark != nil && c.begun && marks.At(mark.Hour) == g {
			c.place = c.over(s, mark)
			return true
		}
	}
	return false
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
	if !s.closed || !s.endsAt(m, len(s.records)) {
		w.fail("the end mark of %s in generation %d says %q, %d records; the shard has %d and ends with %q", m.Shard, g, m.Last, m.Records, len(s.records), last)
	}
	log.end = m
	if g != w.shown.Map.At(m.Hour) && g == w.shown.Map.Marks().At(m.Hour) {
		w.count(endedAside, m.Shard)
	}
	w.oracle.cues++
}

// endsAt reports whether a chain that is where an end mark says has all records, or those that it has not are given up.
func (s *shardLog) endsAt(m *chain.EndMark, records int) bool {
	for _, p := range append(s.places(m.Last, false), s.places(chain.GapToEnd, true)...) {
		if p.end.Last == m.Last && p.end.Records == m.Records && p.end.Hash == m.Hash && p.next == records {
			return true
		}
	}
	return false
}

// linkPut checks that an object continues a chain with the records that the stream has there, that no other of its generation has one of them, and that every
// generation puts a record into the same hour.
func (w *world) linkPut(l *chain.Link, rows []row) {
	s := w.stream.byID[l.Shard]
	log := s.generation(l.Generation)
	first, ok := s.position[l.First]
	last, ok2 := s.position[l.Last]
	if !ok || !ok2 || last-first+1 != int(l.Records) || len(rows) != int(l.Rows) {
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
	for _, p := range s.before(l) {
		if p.next == first && max(p.end.Hour, p.end.Gap.Hour) <= l.Hour && l.TotalRecords == p.end.Records+l.Records && l.Hash == w.hash(p.end.Hash, s.records[first:last+1]) {
			return true
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
	log.hours[i] = l.Hour
	if hour, ok := s.hours[i]; ok && hour != l.Hour && !w.nemesis.gaps || chain.HourOf(s.records[i].Arrival) > l.Hour {
		w.fail("%s: record %d lies in hour %s in generation %d, elsewhere in hour %s", l.Shard, i, l.Hour, l.Generation, hour)
	}
	s.hours[i] = l.Hour
	if want := s.rows[i]; r.sequence != s.records[i].SequenceNumber || !r.arrival.Equal(s.records[i].Arrival) || r.session != want.session || r.n != want.n || r.digest != want.digest && !w.stream.torn[want.session] {
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
	c := w.chainOf(s.lease.Key, w.shown.Map)
	for i := range s.records {
		visible := 0
		for g, log := range s.logs {
			if hour, ok := log.hours[i]; ok && log.covered[i] && w.shown.Map.At(hour) == g {
				visible++
			}
		}
		if s.seen[i] && visible == 0 && (!s.lost[i] || w.oracle.entire) {
			w.fail("%s: readers saw record %d of hour %s, and under %s they do not", s.lease.Key, i, s.hours[i], w.shown.Map)
		}
		if visible > 1 || visible == 1 && !c.has[i] && !s.past {
			w.fail("%s: readers see record %d %d times under %s; it is in the chain: %v", s.lease.Key, i, visible, w.shown.Map, c.has[i])
		}
		s.seen[i] = visible > 0
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
	newest := slices.Max(p.Map.Generations())
	w.oracle.entire = !w.oracle.accepts[p.Plan] && newest > w.oracle.newest // else it is what readers have seen once
	w.oracle.newest = max(w.oracle.newest, newest)
	w.shown = p
	for _, s := range w.stream.shards {
		w.look(s)
	}
	w.oracle.entire = false
}

// planWritten checks a write of the plan row.
func (w *world) planWritten(old, now *lease.Plan) {
	if now.Number == old.Number+1 {
		w.oracle.plans++
		w.oracle.accepts[now.Number] = now.AcceptGaps
		w.oracle.skips = w.oracle.skips || now.SkipTo > 0
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
