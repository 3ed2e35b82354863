package audit_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/streamrec/streamrec/processor/audit"
	"github.com/streamrec/streamrec/processor/chain"
)

// editedMark runs the audit with one mark changed.
func editedMark[M any](t *testing.T, w *world, o audit.Options, key string, change func(*M)) *audit.Report {
	t.Helper()
	body, metadata := w.object(t, key)
	mark := new(M)
	must(t, json.Unmarshal(body, mark))
	change(mark)
	changed, err := json.Marshal(mark)
	must(t, err)
	w.put(t, key, changed, metadata)
	defer w.put(t, key, body, metadata)
	return run(t, o)
}

func TestChangedStartMarkIsNamed(t *testing.T) {
	w := standard(t, 11)
	o := w.options()
	o.SkipRows = true
	parent, empty, child, merged := w.shards[0], w.shards[2], w.shards[3], w.shards[4]
	at := layout.StartKey
	for name, c := range map[string]struct {
		of     *source
		change func(*chain.StartMark)
		want   []finding
	}{
		"later first":         {parent, func(m *chain.StartMark) { m.First = plus(t, m.First, 1) }, []finding{{audit.StartMismatch, at(parent.ID)}}},
		"earlier first":       {parent, func(m *chain.StartMark) { m.First = plus(t, m.First, -1) }, []finding{{audit.StartMismatch, at(parent.ID)}}},
		"no first":            {parent, func(m *chain.StartMark) { m.First = "" }, []finding{{audit.StartMismatch, at(parent.ID)}}},
		"other hour":          {parent, func(m *chain.StartMark) { m.Hour++ }, []finding{{audit.StartMismatch, at(parent.ID)}}},
		"no number":           {parent, func(m *chain.StartMark) { m.First = "49x" }, []finding{{audit.Mark, at(parent.ID)}}},
		"too long":            {parent, func(m *chain.StartMark) { m.First = strings.Repeat("4", 57) }, []finding{{audit.Mark, at(parent.ID)}}},
		"other shard":         {parent, func(m *chain.StartMark) { m.Shard = "shardId-000000000077" }, []finding{{audit.Misplaced, at(parent.ID)}}},
		"a first of an empty": {empty, func(m *chain.StartMark) { m.First = "42" }, []finding{{audit.MissingLink, mustKey(t, w, empty, "42")}}},
		"hour of an empty":    {empty, func(m *chain.StartMark) { m.Hour += 3 }, []finding{{audit.EndMismatch, layout.EndKey(empty.ID)}}},
		"hour before the parents": {merged, func(m *chain.StartMark) { m.Hour = 0 }, []finding{
			{audit.StartMismatch, at(merged.ID)}, {audit.Lineage, at(merged.ID)},
		}},
		"no parents":     {child, func(m *chain.StartMark) { m.Parents = nil }, []finding{{audit.Lineage, at(child.ID)}}},
		"parent unknown": {child, func(m *chain.StartMark) { m.Parents = []string{"shardId-000000000088"} }, []finding{{audit.Lineage, at(child.ID)}}},
		"another parent": {child, func(m *chain.StartMark) { m.Parents = []string{w.shards[1].ID} }, []finding{
			{audit.Lineage, at(child.ID)}, {audit.UnknownShard, at(child.ID)},
		}},
		"other range": {child, func(m *chain.StartMark) { m.StartingHashKey = "11" }, []finding{{audit.Lineage, at(child.ID)}}},
		"a parent too many": {merged, func(m *chain.StartMark) { m.Parents = append(m.Parents, w.shards[1].ID) }, []finding{
			{audit.UnknownShard, at(merged.ID)},
		}},
		"an open parent": {w.shards[5], func(m *chain.StartMark) { m.Parents = append(m.Parents, merged.ID) }, []finding{
			{audit.MissingEnd, layout.EndKey(merged.ID)},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			r := editedMark(t, w, o, layout.StartKey(c.of.ID), c.change)
			requireFound(t, r, c.want...)
		})
	}
}

func mustKey(t *testing.T, w *world, s *source, first string) string {
	t.Helper()
	mark, err := chain.ReadStart(t.Context(), w.env, w.bucket, layout, s.ID)
	must(t, err)
	key, err := layout.LinkKey(mark.Hour, s.ID, first)
	must(t, err)
	return key
}

func TestChangedEndMarkIsNamed(t *testing.T) {
	w := standard(t, 11)
	o := w.options()
	o.SkipRows = true
	s, empty := w.shards[0], w.shards[2]
	mismatch := func(s *source) []finding { return []finding{{audit.EndMismatch, layout.EndKey(s.ID)}} }
	mark := func(s *source) []finding { return []finding{{audit.Mark, layout.EndKey(s.ID)}} }
	for name, c := range map[string]struct {
		of     *source
		change func(*chain.EndMark)
		want   []finding
	}{
		"later last":    {s, func(m *chain.EndMark) { m.Last = plus(t, m.Last, 1) }, mismatch(s)},
		"earlier last":  {s, func(m *chain.EndMark) { m.Last = plus(t, m.Last, -1) }, mismatch(s)},
		"no last":       {s, func(m *chain.EndMark) { m.Last = "" }, mismatch(s)},
		"more records":  {s, func(m *chain.EndMark) { m.Records++ }, mismatch(s)},
		"fewer rows":    {s, func(m *chain.EndMark) { m.Rows-- }, mismatch(s)},
		"other hash":    {s, func(m *chain.EndMark) { m.Hash = strings.Repeat("0f", 16) }, mismatch(s)},
		"later hour":    {s, func(m *chain.EndMark) { m.Hour++ }, mismatch(s)},
		"no hash":       {s, func(m *chain.EndMark) { m.Hash = "" }, mark(s)},
		"no number":     {s, func(m *chain.EndMark) { m.Last = "-5" }, mark(s)},
		"other shard":   {s, func(m *chain.EndMark) { m.Shard = "" }, []finding{{audit.Misplaced, layout.EndKey(s.ID)}}},
		"last of empty": {empty, func(m *chain.EndMark) { m.Last, m.Hash = "5", strings.Repeat("0f", 16) }, mismatch(empty)},
		"rows of empty": {empty, func(m *chain.EndMark) { m.Rows = 1 }, mismatch(empty)},
		"no children":   {s, func(m *chain.EndMark) { m.Children = nil }, nil},
		"a child less": {s, func(m *chain.EndMark) { m.Children = m.Children[:1] }, []finding{
			{audit.UnknownShard, layout.StartKey(w.shards[3].ID)}, {audit.Lineage, layout.EndKey(s.ID)},
		}},
		"a child renamed": {s, func(m *chain.EndMark) { m.Children[1].Shard = "shardId-000000000077" }, []finding{
			{audit.UnknownShard, layout.StartKey(w.shards[3].ID)},
		}},
		"a hole between the children": {s, func(m *chain.EndMark) { m.Children[1].StartingHashKey = "12" }, []finding{
			{audit.Lineage, layout.StartKey(w.shards[3].ID)}, {audit.Lineage, layout.EndKey(s.ID)},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			requireFound(t, editedMark(t, w, o, layout.EndKey(c.of.ID), c.change), c.want...)
		})
	}
}

func TestConfigOfAnotherLayoutIsNamed(t *testing.T) {
	w := small(t, 1)
	key := layout.ConfigKey()
	body, _ := w.object(t, key)
	for _, change := range [][2]string{{`"events"`, `"event"`}, {`"generation": 1`, `"generation": 2`}, {`56`, `40`}, {`{`, `[`}} {
		changed := strings.Replace(string(body), change[0], change[1], 1)
		if changed == string(body) {
			t.Fatalf("%s is not in the configuration", change[0])
		}
		w.put(t, key, []byte(changed), nil)
		requireFound(t, run(t, w.options()), finding{audit.Config, key})
	}
}

// TestParentBeforeTheLogIsUnknown begins a log with a shard whose parent ended before.
func TestParentBeforeTheLogIsUnknown(t *testing.T) {
	w := newWorld(t, 1)
	old := w.shard("0", last)
	s := w.shard("0", last, old)
	w.arrive(s, 10)
	w.commit(t, s, 10, 4)
	requireClean(t, run(t, w.options()))
}

// TestBegunShardHasNoLinkYet is a crash between the start mark and the first link.
func TestBegunShardHasNoLinkYet(t *testing.T) {
	w := newWorld(t, 1)
	s := w.shard("0", last)
	w.arrive(s, 3)
	w.open(t, s)
	_, err := s.writer.Begin(t.Context(), s.records[0].SequenceNumber, s.records[0].Arrival)
	must(t, err)
	o := w.options()
	o.Stream = &stream{world: w}
	r := run(t, o)
	requireClean(t, r)
	if r.Shards[0].State != audit.Open || r.Totals.Stream.Pending != 3 {
		t.Errorf("shard %+v, stream %+v", r.Shards[0], r.Totals.Stream)
	}
}

func TestCheckpoints(t *testing.T) {
	w := standard(t, 12)
	open, ended, fresh := w.shards[4], w.shards[1], w.shards[6]
	keys := w.links(open)
	lastKey, firstKey := keys[len(keys)-1], keys[0]
	end := open.writer.End()
	_, metadata := w.object(t, firstKey)
	firstHour, err := chain.ParseHour(metadata["hour"])
	must(t, err)
	leading := func(key string) []finding { return []finding{{audit.Leading, key}} }
	for name, c := range map[string]struct {
		shard string
		at    audit.Checkpoint
		want  []finding
	}{
		"at the end":                {open.ID, audit.Checkpoint{Last: end.Last, Hour: end.Hour}, nil},
		"behind":                    {open.ID, audit.Checkpoint{Last: metadata["last"], Hour: firstHour}, nil},
		"none":                      {open.ID, audit.Checkpoint{}, nil},
		"ahead":                     {open.ID, audit.Checkpoint{Last: plus(t, end.Last, 1), Hour: end.Hour}, leading(lastKey)},
		"inside a link":             {open.ID, audit.Checkpoint{Last: plus(t, metadata["last"], -1), Hour: firstHour}, leading(firstKey)},
		"in another hour":           {open.ID, audit.Checkpoint{Last: metadata["last"], Hour: firstHour + 1}, leading(firstKey)},
		"no number":                 {open.ID, audit.Checkpoint{Last: "LATEST"}, leading(layout.StartKey(open.ID))},
		"end of an open one":        {open.ID, audit.Checkpoint{Ended: true}, []finding{{audit.MissingEnd, layout.EndKey(open.ID)}}},
		"end of an ended one":       {ended.ID, audit.Checkpoint{Ended: true}, nil},
		"not begun":                 {fresh.ID, audit.Checkpoint{}, nil},
		"ahead of one not begun":    {fresh.ID, audit.Checkpoint{Last: "7"}, leading(layout.StartKey(fresh.ID))},
		"ahead of an unknown one":   {"shardId-000000000099", audit.Checkpoint{Last: "7"}, leading(layout.StartKey("shardId-000000000099"))},
		"end of an unknown one":     {"shardId-000000000099", audit.Checkpoint{Ended: true}, []finding{{audit.MissingEnd, layout.EndKey("shardId-000000000099")}}},
		"end of one not begun":      {fresh.ID, audit.Checkpoint{Ended: true}, []finding{{audit.MissingEnd, layout.EndKey(fresh.ID)}}},
		"last of an ended one":      {ended.ID, audit.Checkpoint{Last: ended.writer.End().Last, Hour: ended.writer.End().Hour}, nil},
		"after the end of an ended": {ended.ID, audit.Checkpoint{Last: plus(t, ended.writer.End().Last, 1)}, leading(w.links(ended)[len(w.links(ended))-1])},
	} {
		t.Run(name, func(t *testing.T) {
			o := w.options()
			o.SkipRows, o.Checkpoints = true, map[string]audit.Checkpoint{c.shard: c.at}
			requireFound(t, run(t, o), c.want...)
		})
	}
}

// TestShardEndsInTheHoursOfASideReplay shows readers the last hour of a shard from a side replay that was made before the child of that shard, which never had a
// record, ended in the same hour.
func TestShardEndsInTheHoursOfASideReplay(t *testing.T) {
	w := newWorld(t, 46)
	parent := w.shard("0", last)
	w.arrive(parent, 20)
	empty := w.shard("0", last, parent)
	w.open(t, parent)
	for w.committed(parent) < 20 {
		w.commitOne(t, parent, 20)
	}
	_, err := parent.writer.Finish(t.Context(), parent.children)
	must(t, err)
	hour := parent.writer.End().Hour
	side, err := chain.Reserve(t.Context(), w.env, w.bucket, layout, "arn:stream")
	must(t, err)
	copied := *parent
	copied.writer, err = chain.TakeOver(t.Context(), w.env, w.bucket, layout.With(layout.Map().Replace(hour, 0, side)), parent.Shard, 9, chain.Bookmark{})
	must(t, err)
	for w.committed(&copied) < 20 {
		w.commitOne(t, &copied, 20)
	}

	child := w.shard("0", last, empty)
	w.clock = (hour + 2).Time() // the hour was over
	w.arrive(child, 20)
	w.open(t, empty)
	_, err = empty.writer.Finish(t.Context(), empty.children)
	must(t, err)
	w.commit(t, child, 20, 4)
	seen := layout.Map().Put(layout.Map().SpanAt(hour).Beside(side), hour+1)
	r := run(t, audit.Options{Env: w.env, Bucket: w.bucket, Layout: layout.With(seen)})
	requireClean(t, r)
	if r.Totals.Records != 40 || r.Totals.Ended != 2 {
		t.Errorf("%d records, %d shards have ended", r.Totals.Records, r.Totals.Ended)
	}
}
