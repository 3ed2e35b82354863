package main

import "time"

// firsts returns when each record was processed for the first time.
func (h *history) firsts() map[place]time.Time {
	firsts := map[place]time.Time{}
	for shard := range h.lanes {
		for _, e := range h.records(shard, time.Time{}) {
			p := place{shard, e.Sequence}
			if _, again := firsts[p]; !again {
				firsts[p] = e.At
			}
		}
	}
	return firsts
}

// delays returns, by session, the longest time from the acknowledgement of a record to its processing, of the records that were
// acknowledged between two moments. A record that was processed before its acknowledgement arrived had no delay; those that were
// never processed are left out, they are lost.
func delays(acked []receipt, firsts map[place]time.Time, from, until time.Time) map[string]time.Duration {
	longest := map[string]time.Duration{}
	for _, r := range acked {
		at, ok := firsts[r.place]
		if ok && !r.At.Before(from) && r.At.Before(until) {
			longest[r.Key] = max(longest[r.Key], at.Sub(r.At))
		}
	}
	return longest
}

// beyond returns by how much delays exceed those of the steady state, for the sessions that have both.
func beyond(during, steady map[string]time.Duration) (excess []time.Duration) {
	for key, d := range during {
		if s, ok := steady[key]; ok {
			excess = append(excess, max(0, d-s))
		}
	}
	return excess
}

// disorder counts the records that were processed before an earlier one of their session. Receipts of a session are in the order of
// the stream; only the first time that a record was processed counts.
func disorder(acked []receipt, firsts map[place]time.Time) (n int) {
	latest := map[string]time.Time{}
	for _, r := range acked {
		at, ok := firsts[r.place]
		switch {
		case !ok:
		case at.Before(latest[r.Key]):
			n++
		default:
			latest[r.Key] = at
		}
	}
	return n
}
