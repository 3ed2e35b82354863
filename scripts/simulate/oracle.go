package main

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/lease"
)

// oracle knows what is true, and has to be.
type oracle struct {
	lostAt     map[string]map[int64]time.Duration // by shard: when a term, by its counter, was superseded in the table
	putAt      map[string]time.Duration           // by key
	times      map[string]int                     // how often each record was processed, after which it was not restored
	unanswered map[string]bool                    // heartbeat rows that were last written by a request whose answer was lost
	graceful   bool                               // nothing fails in this schedule
	moves      int                                // changes of owner
	adopted    int
	plans      int            // that were made
	skips      bool           // one of them gave up what had not been read
	accepts    map[int64]bool // by the number of a plan: it accepts gaps
	newest     int            // generation that readers have seen
	entire     bool           // readers are to see all that they have seen
	cues       int            // leases handed over, and shards ended: bad moments for a plan
	switched   int            // how often readers were shown another map
	finished   bool
	occasions  [occasions]int
}

func newOracle() oracle {
	return oracle{lostAt: map[string]map[int64]time.Duration{}, times: map[string]int{}, putAt: map[string]time.Duration{}, unanswered: map[string]bool{}, accepts: map[int64]bool{}, newest: 1}
}

// put checks an object that a node has just put, or that was refused.
func (w *world) put(by *node, key string, body []byte, metadata map[string]string, err error) {
	if errors.Is(err, chain.ErrExists) && strings.HasSuffix(key, ".parquet") {
		w.oracle.adopted++
		w.overlooked(by, key)
	}
	if err != nil {
		return
	}
	w.oracle.putAt[key] = w.now
	switch {
	case strings.HasSuffix(key, ".start.json"):
		w.startPut(markOf[chain.StartMark](w, key, body))
	case strings.HasSuffix(key, ".end.json"):
		g, mark := markOf[chain.EndMark](w, key, body)
		w.endPut(g, mark)
		w.strike(by, mark.Shard)
	case strings.HasSuffix(key, ".gap.json"):
		w.gapPut(markOf[chain.GapMark](w, key, body))
	case key == layout.PublishedKey():
		w.published()
	case strings.HasSuffix(key, ".parquet"):
		link, err := chain.ParseLink(chain.Object{Key: key, Metadata: metadata})
		if err != nil {
			w.fail("%v", err)
		}
		w.linkPut(link, decodeRows(body))
	}
}

// overlooked checks that a takeover finds what is there: the link that refuses this one must be younger. A node whose time of day is wrong
// does not look far enough.
func (w *world) overlooked(by *node, key string) {
	name := key[strings.LastIndexByte(key, '/')+1:]
	opened, ok := by.opened[name[:len("shardId-000000000000")]]
	if ok && !w.silent && !w.nemesis.clocks && w.oracle.putAt[key] < opened {
		w.fail("%s has opened a shard at %v and overlooked %s, which was put at %v", by.name, opened, key, w.oracle.putAt[key])
	}
}

// rowWritten checks a conditional write that has taken effect.
func (w *world) rowWritten(old, now *lease.Lease) {
	if now.Owner != old.Owner && now.Counter != old.Counter+1 || now.Counter < old.Counter || now.Counter > old.Counter+1 {
		w.fail("%s goes from %s at %d to %s at %d", now.Key, old.Owner, old.Counter, now.Owner, now.Counter)
	}
	if now.Counter > old.Counter {
		w.supersede(now, old)
	}
	if now.Owner != old.Owner && now.Owner != "" && old.Owner != "" {
		w.oracle.moves++
		w.oracle.cues++
	}
	if now.Tip != old.Tip {
		w.stream.byID[now.Key].tipWritten(now)
	}
	if now.Stopped != "" && w.missing(now) {
		if !w.nemesis.gaps {
			w.violate(loud)
		}
		w.after(w.between(0, 5*time.Second), w.rescue)
		return
	}
	if now.Stopped != "" {
		w.fail("%s is stopped: %s", now.Key, now.Stopped)
	}
	if now.Plan < old.Plan || now.Plan == old.Plan && now.Map != old.Map || now.Plan > old.Plan && now.Counter == old.Counter {
		w.fail("%s goes from plan %d, %s, at %d to plan %d, %s, at %d", now.Key, old.Plan, old.Map, old.Counter, now.Plan, now.Map, now.Counter)
	}
	if old.Ended() || now.Checkpoint != old.Checkpoint {
		w.checkpointWritten(old, now)
	}
}

// checkpointWritten checks that a bookmark moves forward, unless a plan moves it, and stays within the log.
func (w *world) checkpointWritten(old, now *lease.Lease) {
	c, s, replayed := w.chainOf(now.Key, mapOf(now.Map)), w.stream.byID[now.Key], now.Plan > old.Plan
	switch {
	case old.Ended() && !replayed:
		w.fail("%s was at SHARD_END and is written again", now.Key)
	case now.Ended():
		if !c.ended {
			w.fail("%s is at SHARD_END and has no end mark", now.Key)
		}
		rows := w.leases()
		for _, child := range s.children {
			if s.past {
				break // its row was made from the listing, which makes those of its children next
			}
			if _, ok := rows[child.Key]; !ok && !w.stream.byID[child.Key].past {
				w.fail("%s is at SHARD_END and its child %s has no row", now.Key, child.Key)
			}
		}
	case replayed && now.Checkpoint.Type != lease.AfterSequenceNumber: // it begins anew
	case now.Checkpoint.Type != lease.AfterSequenceNumber:
		w.fail("the checkpoint of %s becomes %s", now.Key, now.Checkpoint)
	default:
		at, ok := s.position[now.Checkpoint.Value]
		if !ok || at >= c.next {
			w.fail("the checkpoint of %s is at record %d, the log has %d", now.Key, at, c.next)
		}
		if before, ok := s.position[old.Checkpoint.Value]; ok && at < before && !replayed {
			w.fail("the checkpoint of %s goes back from record %d to %d", now.Key, before, at)
		}
	}
}

// supersede notes when a term was over, as far as the table is concerned. Of a plan its owner hears with a heartbeat.
func (w *world) supersede(now, old *lease.Lease) {
	terms := w.oracle.lostAt[now.Key]
	if terms == nil {
		terms = map[int64]time.Duration{}
		w.oracle.lostAt[now.Key] = terms
	}
	terms[old.Counter] = w.now
	if now.Plan > old.Plan {
		terms[old.Counter] = w.now + failoverTime
	}
}

// mayRead checks that a shard is read after all its parents have ended, in some generation.
func (w *world) mayRead(s *shardLog) {
	s.read = true
	for _, p := range s.lease.Parents {
		if !w.stream.byID[p].endedOnce() {
			w.fail("%s is read before the end of %s is in the log", s.lease.Key, p)
		}
	}
}

// processed counts that a record was processed by a live owner.
func (w *world) processed(sequence string) {
	w.oracle.times[sequence]++
	if w.oracle.graceful && w.oracle.plans == 0 && w.oracle.times[sequence] > 1 {
		w.fail("record %s is processed twice although nothing has failed", sequence)
	}
}

// behind returns a shard whose records, those that arrived before, readers do not all see, or nil.
func (w *world) behind(before time.Duration) *shardLog {
	i := slices.IndexFunc(w.stream.shards, func(s *shardLog) bool {
		c := w.chainOf(s.lease.Key, w.shown.Map)
		return c.next < len(s.rows) && s.rows[c.next].arrived < before || s.closed && !c.ended && before >= w.now
	})
	if i < 0 {
		return nil
	}
	return w.stream.shards[i]
}
