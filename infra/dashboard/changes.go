package dashboard

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Changes returns what has happened between two looks at a fleet, causes before effects as far as rows can tell.
func Changes(old, now *Fleet) []Event {
	c := &changes{old: indexed(old), now: indexed(now)}
	c.replay()
	c.workers()
	c.lineage()
	c.leases()
	c.departures()
	c.coverage()
	events := condense(c.events)
	for i := range events {
		events[i].At = now.At
	}
	return events
}

type changes struct {
	old, now index
	events   []Event
}

// index finds rows by their ids.
type index struct {
	*Fleet
	worker map[string]*Worker
	shard  map[string]*Shard
}

func indexed(f *Fleet) index {
	x := index{f, make(map[string]*Worker, len(f.Workers)), make(map[string]*Shard, len(f.Shards))}
	for i := range f.Workers {
		x.worker[f.Workers[i].ID] = &f.Workers[i]
	}
	for i := range f.Shards {
		x.shard[f.Shards[i].ID] = &f.Shards[i]
	}
	return x
}

func (c *changes) add(kind, level, shard, worker, format string, args ...any) {
	c.events = append(c.events, Event{Kind: kind, Level: level, Shard: shard, Worker: worker, Text: fmt.Sprintf(format, args...)})
}

func (c *changes) replay() {
	r := c.now.Replay
	if r == nil {
		return
	}
	was := c.old.Replay
	if was == nil || was.Number != r.Number {
		c.add("replay", "warn", "", "", "replay %d begins%s", r.Number, by(r.Operator))
	} else if was.State == r.State {
		return
	}
	switch r.State {
	case "fenced":
		c.add("fenced", "info", "", "", "replay %d is fenced: nothing older writes any more", r.Number)
	case "published":
		c.add("published", "good", "", "", "replay %d is published: readers see what was written anew", r.Number)
	}
}

func (c *changes) workers() {
	for _, w := range c.now.Workers {
		was := c.old.worker[w.ID]
		switch {
		case was == nil:
			c.add("joined", "good", "", w.ID, "%s joined", w.ID)
		case was.State == w.State:
		case w.State == "silent":
			c.add("silent", "bad", "", w.ID, "%s gives no sign of life; it holds %s", w.ID, plural(w.Leases, "shard"))
		case w.State == "leaving":
			c.add("leaving", "info", "", w.ID, "%s is leaving and hands over %s", w.ID, plural(w.Leases, "shard"))
		case was.State == "silent":
			c.add("back", "good", "", w.ID, "%s is back", w.ID)
		}
	}
}

// departures come after the leases: a worker that leaves hands over first.
func (c *changes) departures() {
	for _, w := range c.old.Workers {
		switch {
		case c.now.worker[w.ID] != nil:
		case c.silent(w.ID):
			c.add("buried", "warn", "", w.ID, "%s was held for dead and removed", w.ID)
		default:
			c.add("left", "info", "", w.ID, "%s left", w.ID)
		}
	}
}

// lineage tells of splits and merges when their children appear.
func (c *changes) lineage() {
	told := map[string]bool{}
	for _, s := range c.now.Shards {
		if c.old.shard[s.ID] != nil {
			continue
		}
		family := strings.Join(s.Parents, ",")
		switch {
		case len(s.Parents) > 1:
			c.add("merge", "info", s.ID, "", "%s were merged into %s", shorts(s.Parents), short(s.ID))
		case len(s.Parents) == 1 && !told[family]:
			told[family] = true
			c.add("split", "info", s.Parents[0], "", "%s was split into %s", short(s.Parents[0]), shorts(c.newChildren(s.Parents[0])))
		case len(s.Parents) == 0:
			c.add("new", "info", s.ID, "", "%s is new", short(s.ID))
		}
	}
	for _, s := range c.old.Shards {
		if c.now.shard[s.ID] == nil {
			c.add("gone", "info", s.ID, "", "%s is past retention and was forgotten", short(s.ID))
		}
	}
}

func (c *changes) newChildren(parent string) (children []string) {
	for _, s := range c.now.Shards {
		if c.old.shard[s.ID] == nil && slices.Contains(s.Parents, parent) {
			children = append(children, s.ID)
		}
	}
	return children
}

func (c *changes) leases() {
	for i := range c.now.Shards {
		s := &c.now.Shards[i]
		was := c.old.shard[s.ID]
		if was == nil {
			was = &Shard{ID: s.ID, State: "new", Plan: s.Plan}
		}
		c.lease(was, s)
	}
}

// lease tells what has happened to one shard.
func (c *changes) lease(was, s *Shard) {
	if s.Plan > was.Plan {
		c.add("reset", "info", s.ID, "", "%s was set back by replay %d", short(s.ID), s.Plan)
	}
	if s.Stopped == "" && was.Stopped != "" {
		c.add("resumed", "good", s.ID, "", "%s is resumed", short(s.ID))
	}
	switch {
	case s.State == "ended" && was.State != "ended":
		c.add("ended", "good", s.ID, was.Owner, "%s was read to its end%s", short(s.ID), by(was.Owner))
	case s.Stopped != "" && was.Stopped == "":
		c.add("stopped", "bad", s.ID, was.Owner, "%s is stopped: %s", short(s.ID), s.Stopped)
	case s.Owner != was.Owner:
		c.moved(was, s)
	case s.Owner != "" && s.Counter > was.Counter && s.Plan == was.Plan:
		c.add("taken", "info", s.ID, s.Owner, "%s took %s again%s", s.Owner, short(s.ID), term(s))
	case s.Asked != "" && s.Asked != was.Asked:
		c.add("asked", "info", s.ID, s.Asked, "%s asks %s for %s", s.Asked, s.Owner, short(s.ID))
	}
}

// moved tells of a change of owners.
func (c *changes) moved(was, s *Shard) {
	switch {
	case s.Owner == "":
		c.add("released", "warn", s.ID, was.Owner, "%s released %s", was.Owner, short(s.ID))
	case was.Owner == "":
		c.add("taken", "good", s.ID, s.Owner, "%s took %s%s", s.Owner, short(s.ID), term(s))
	case c.silent(was.Owner):
		c.add("expired", "warn", s.ID, s.Owner, "%s took %s over from %s, which had gone silent%s", s.Owner, short(s.ID), was.Owner, term(s))
	default:
		c.add("handed", "info", s.ID, s.Owner, "%s handed %s to %s%s", was.Owner, short(s.ID), s.Owner, term(s))
	}
}

// silent reports whether a worker that was named by a row had gone silent: the owner of a hand-off is alive when it writes it, and may
// have left since. By the worker's clock, so a wrong clock tells a wrong story here, and nothing more.
func (c *changes) silent(id string) bool {
	at, w := c.now.At, c.now.worker[id]
	if w == nil {
		at, w = c.old.At, c.old.worker[id]
	}
	return w == nil || w.State == "silent" || c.now.SilenceMs > 0 && at-w.BeatAt >= c.now.SilenceMs/2
}

func (c *changes) coverage() {
	had, has := c.old.Coverage != nil && c.old.Coverage.Hole != nil, c.now.Coverage != nil && c.now.Coverage.Hole != nil
	switch {
	case has && !had:
		c.add("hole", "bad", "", "", "no open shard covers the hash keys %s to %s", c.now.Coverage.Hole.From, c.now.Coverage.Hole.To)
	case had && !has && c.now.Coverage != nil:
		c.add("covered", "good", "", "", "the open shards cover the hash range again")
	}
}

func term(s *Shard) string { return fmt.Sprintf(" (term %d)", s.Counter) }

func by(worker string) string {
	if worker == "" {
		return ""
	}
	return " by " + worker
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// short names a shard by its number: shardId-000000000012 is shard 12.
func short(id string) string {
	if number, ok := strings.CutPrefix(id, "shardId-"); ok {
		return "shard " + cmp.Or(strings.TrimLeft(number, "0"), "0")
	}
	return id
}

// shorts names several: shards 3 and 4.
func shorts(ids []string) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = short(id)
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
