package audit

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/streamrec/streamrec/processor/chain"
)

// findParents reads the end marks of parents that were written after the marks had been listed: a child begins only after them.
func (a *auditor) findParents(ctx context.Context) error {
	for _, s := range a.sorted() {
		if s.start == nil {
			continue
		}
		for _, id := range s.start.Parents {
			p := a.shards[id]
			if p == nil || !p.begun() || p.endFound {
				continue
			}
			end, err := chain.ReadEnd(ctx, a.o.Env, a.o.Bucket, a.o.Layout, id)
			if err != nil {
				return fmt.Errorf("read end of parent: %w", err)
			}
			if end != nil {
				p.end, p.endFound, p.endedLate = end, true, true
			}
		}
	}
	return nil
}

// parentsHour is the hour below which no link of a shard can lie. known is false when the end of a parent cannot be trusted.
// A parent that is not in this log ended before it began.
func (a *auditor) parentsHour(s *shard) (hour chain.Hour, known bool) {
	known = s.start != nil
	if !known {
		return 0, false
	}
	for _, id := range s.start.Parents {
		p := a.shards[id]
		if p == nil || !p.begun() {
			continue
		}
		if p.end == nil || !p.endedLate && len(p.links) > 0 && p.end.Hour != lastHour(p.links) {
			known = false
			continue
		}
		hour = max(hour, p.end.Hour)
	}
	return hour, known
}

func lastHour(links []link) (hour chain.Hour) {
	for i := range links {
		hour = max(hour, links[i].hour)
	}
	return hour
}

// judgeLineage compares the marks of parents with those of their children.
func (a *auditor) judgeLineage() {
	for _, s := range a.sorted() {
		if s.start != nil {
			a.judgeParents(s)
		}
		if s.end != nil && len(s.end.Children) > 0 {
			a.judgeChildren(s)
		}
	}
}

// judgeParents checks that a shard was begun after its parents had ended, and that they know it.
func (a *auditor) judgeParents(s *shard) {
	for _, id := range s.start.Parents {
		p := a.shards[id]
		if p == nil || !p.begun() {
			continue // it ended before this log began
		}
		if !p.endFound {
			a.missingEnd(p, fmt.Sprintf("%s continues this shard and has been begun", s.id))
			continue
		}
		if p.end == nil || len(p.end.Children) == 0 {
			continue
		}
		if !slices.ContainsFunc(p.end.Children, func(c chain.Child) bool { return c.Shard == s.id }) {
			a.found.add(Anomaly{
				Kind: UnknownShard, Shard: s.id, Key: a.o.Layout.StartKey(s.id),
				Meaning: fmt.Sprintf("It says that this shard continues %s, whose end mark does not name it as a child.", id),
			})
		}
	}
	if hour := s.parentsHour; s.parentsKnown && s.start.Hour < hour {
		a.found.add(Anomaly{
			Kind: Lineage, Shard: s.id, Key: a.o.Layout.StartKey(s.id),
			Meaning: fmt.Sprintf("It begins in the hour %s, before its parents ended in %s.", s.start.Hour, hour),
		})
	}
}

// missingEnd names a shard without end mark once, whatever relies on it.
func (a *auditor) missingEnd(s *shard, because string) {
	if s.endMissed {
		return
	}
	s.endMissed = true
	a.found.add(Anomaly{
		Kind: MissingEnd, Shard: s.id, Key: a.o.Layout.EndKey(s.id),
		Meaning: fmt.Sprintf("It is not there although %s, so that nobody can tell whether the last link is the last.", because),
	})
}

// judgeChildren compares the children that an end mark names with their own marks and with the range that they inherit.
func (a *auditor) judgeChildren(s *shard) {
	add := func(kind Kind, id, key, format string, args ...any) {
		a.found.add(Anomaly{Kind: kind, Shard: id, Key: key, Meaning: fmt.Sprintf(format, args...)})
	}
	for _, c := range s.end.Children {
		child := a.shards[c.Shard]
		if child == nil || child.start == nil {
			continue // not begun, or named already
		}
		key := a.o.Layout.StartKey(c.Shard)
		if !slices.Contains(child.start.Parents, s.id) {
			add(Lineage, c.Shard, key, "It does not name %s among its parents, whose end mark names this shard as a child.", s.id)
		}
		if child.start.StartingHashKey != c.StartingHashKey || child.start.EndingHashKey != c.EndingHashKey {
			add(Lineage, c.Shard, key, "Its hash range is not the one that the end mark of %s says.", s.id)
		}
	}
	if s.start != nil && !covers(s.end.Children, s.start.StartingHashKey, s.start.EndingHashKey) {
		add(Lineage, s.id, a.o.Layout.EndKey(s.id), "The children that it names do not cover the hash range of the shard: the records of the rest are in no chain.")
	}
}

// covers reports whether the hash ranges of children leave no hole in a range. Ranges that are not numbers prove nothing.
func covers(children []chain.Child, from, to string) bool {
	next, ok := new(big.Int).SetString(from, 10)
	end, fine := new(big.Int).SetString(to, 10)
	if !ok || !fine {
		return true
	}
	type span struct{ from, to *big.Int }
	spans := make([]span, 0, len(children))
	for _, c := range children {
		from, ok := new(big.Int).SetString(c.StartingHashKey, 10)
		to, fine := new(big.Int).SetString(c.EndingHashKey, 10)
		if !ok || !fine {
			return true
		}
		spans = append(spans, span{from, to})
	}
	slices.SortFunc(spans, func(a, b span) int { return a.from.Cmp(b.from) })
	for _, s := range spans {
		if s.from.Cmp(next) <= 0 && s.to.Cmp(next) >= 0 {
			next.Add(s.to, big.NewInt(1))
		}
	}
	return next.Cmp(end) > 0
}

// sorted returns the shards by id.
func (a *auditor) sorted() []*shard {
	out := make([]*shard, 0, len(a.shards))
	for _, s := range a.shards {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b *shard) int { return strings.Compare(a.id, b.id) })
	return out
}
