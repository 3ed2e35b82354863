package dashboard

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// before is a fleet of two workers and three shards, of which 2 and 3 wait for 1.
func before() *Fleet {
	return &Fleet{
		At:   100_000,
		Head: Head{SilenceMs: 10_000, Coverage: &Coverage{Open: 3}},
		Workers: []Worker{
			{ID: "a", State: "working", BeatAt: 99_000, Leases: 2},
			{ID: "b", State: "working", BeatAt: 99_500, Leases: 1},
		},
		Shards: []Shard{
			{ID: "shardId-000000000000", State: "owned", Owner: "a", Counter: 3},
			{ID: "shardId-000000000001", State: "owned", Owner: "b", Counter: 1},
			{ID: "shardId-000000000002", State: "unowned"},
		},
	}
}

func TestChanges(t *testing.T) {
	cases := []struct {
		name   string
		change func(*Fleet)
		want   []string // kind: text
	}{
		{"nothing", func(*Fleet) {}, nil},
		{"gauges and checkpoints are no events", func(f *Fleet) {
			f.Shards[0].Rate, f.Shards[0].LagMs, f.Shards[0].Checkpoint, f.Workers[0].Heartbeat = 9, 9, "x", 8
		}, nil},
		{
			"a free shard is taken", func(f *Fleet) { f.Shards[2].Owner, f.Shards[2].State, f.Shards[2].Counter = "b", "owned", 7 },
			[]string{"taken: b took shard 2 (term 7)"},
		},
		{
			"a hand-off between workers that live", func(f *Fleet) { f.Shards[0].Owner, f.Shards[0].Counter = "b", 4 },
			[]string{"handed: a handed shard 0 to b (term 4)"},
		},
		{"a takeover from a worker that is silent", func(f *Fleet) {
			f.Workers[0].State = "silent"
			f.Shards[0].Owner, f.Shards[0].Counter = "b", 4
		}, []string{"silent: a gives no sign of life; it holds 2 shards", "expired: b took shard 0 over from a, which had gone silent (term 4)"}},
		{"a takeover before the owner is shown as silent", func(f *Fleet) {
			f.At += 5500
			f.Shards[0].Owner, f.Shards[0].Counter = "b", 4
		}, []string{"expired: b took shard 0 over from a, which had gone silent (term 4)"}},
		{"an owner that leaves between two looks", func(f *Fleet) {
			f.Workers = f.Workers[1:]
			f.Shards[0].Owner, f.Shards[0].Counter = "b", 4
		}, []string{"handed: a handed shard 0 to b (term 4)", "left: a left"}},
		{"leaving", func(f *Fleet) { f.Workers[1].State = "leaving" }, []string{"leaving: b is leaving and hands over 1 shard"}},
		{"released", func(f *Fleet) { f.Shards[1].Owner, f.Shards[1].State = "", "unowned" }, []string{"released: b released shard 1"}},
		{"taken again by the same", func(f *Fleet) { f.Shards[1].Counter = 3 }, []string{"taken: b took shard 1 again (term 3)"}},
		{"asked", func(f *Fleet) { f.Shards[0].Asked = "b" }, []string{"asked: b asks a for shard 0"}},
		{
			"stopped", func(f *Fleet) {
				f.Shards[1].Owner, f.Shards[1].State, f.Shards[1].Stopped = "", "stopped", "past retention"
			},
			[]string{"stopped: shard 1 is stopped: past retention"},
		},
		{"ended", func(f *Fleet) { f.Shards[1].Owner, f.Shards[1].State = "", "ended" }, []string{"ended: shard 1 was read to its end by b"}},
		{"split", func(f *Fleet) {
			f.Shards = append(f.Shards, Shard{ID: "shardId-000000000003", State: "waiting", Parents: []string{"shardId-000000000001"}},
				Shard{ID: "shardId-000000000004", State: "waiting", Parents: []string{"shardId-000000000001"}})
		}, []string{"split: shard 1 was split into shard 3 and shard 4"}},
		{"merge", func(f *Fleet) {
			f.Shards = append(f.Shards, Shard{ID: "shardId-000000000003", State: "waiting", Parents: []string{"shardId-000000000001", "shardId-000000000002"}})
		}, []string{"merge: shard 1 and shard 2 were merged into shard 3"}},
		{"forgotten", func(f *Fleet) { f.Shards = f.Shards[:2] }, []string{"gone: shard 2 is past retention and was forgotten"}},
		{"a replay begins", func(f *Fleet) { f.Replay = &Replay{Number: 1, State: "made", Operator: "ann"} }, []string{"replay: replay 1 begins by ann"}},
		{
			"a replay that was not watched", func(f *Fleet) { f.Replay = &Replay{Number: 1, State: "published"} },
			[]string{"replay: replay 1 begins", "published: replay 1 is published: readers see what was written anew"},
		},
		{
			"reset by a plan", func(f *Fleet) { f.Shards[0].Plan, f.Shards[0].Counter, f.Shards[0].Checkpoint = 2, 4, "AT_TIMESTAMP 5" },
			[]string{"reset: shard 0 was set back by replay 2"},
		},
		{
			"a hole", func(f *Fleet) { f.Coverage = &Coverage{Open: 2, Hole: &Hole{From: "5", To: "9"}} },
			[]string{"hole: no open shard covers the hash keys 5 to 9"},
		},
		{"joined", func(f *Fleet) { f.Workers = append(f.Workers, Worker{ID: "c", State: "working"}) }, []string{"joined: c joined"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			now := before()
			now.At++
			c.change(now)
			var got []string
			for _, e := range Changes(before(), now) {
				if e.At != now.At || e.Level == "" {
					t.Errorf("event %+v", e)
				}
				got = append(got, e.Kind+": "+e.Text)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got  %s\nwant %s", strings.Join(got, " | "), strings.Join(c.want, " | "))
			}
		})
	}
}

func TestManyAlikeAreCondensed(t *testing.T) {
	now := &Fleet{Workers: []Worker{{ID: "a", State: "working"}}}
	for i := range 1000 {
		now.Shards = append(now.Shards, Shard{ID: fmt.Sprintf("shardId-%012d", i), State: "owned", Owner: "a", Counter: 1})
	}
	old := &Fleet{Shards: slices.Clone(now.Shards)}
	for i := range old.Shards {
		old.Shards[i].Owner, old.Shards[i].State = "", "unowned"
	}
	events := Changes(old, now)
	if len(events) != 1+alike || !strings.Contains(events[alike].Text, "shard 999 (term 1), and so on: 1000 such events at once") {
		t.Errorf("%d events, the last: %+v", len(events), events[len(events)-1])
	}
}

func TestRequestsAreNewsOnce(t *testing.T) {
	asked := func(at int64, shard, worker string) Event {
		return Event{At: at, Kind: "asked", Shard: shard, Worker: worker}
	}
	feed := []Event{asked(1000, "s", "a"), {At: 1000, Kind: "handed", Shard: "s", Worker: "b"}}
	got := news([]Event{asked(5000, "s", "a"), asked(5000, "s", "b"), asked(5000, "t", "a"), {At: 5000, Kind: "handed", Shard: "s", Worker: "b"}}, feed)
	if len(got) != 3 || got[0].Worker != "b" || got[1].Shard != "t" || got[2].Kind != "handed" {
		t.Errorf("news are %+v", got)
	}
	if got := news([]Event{asked(1000+repeated, "s", "a")}, feed); len(got) != 1 {
		t.Errorf("a minute later: %+v", got)
	}
}

// TestChangesAfterALongSilence has an owner whose row was removed, since it had given no sign for long, while nobody watched.
func TestChangesAfterALongSilence(t *testing.T) {
	old := before()
	old.Workers[0].BeatAt -= 60_000
	now := before()
	now.Workers = now.Workers[1:]
	now.Shards[0].Owner, now.Shards[0].Counter = "b", 4
	var kinds []string
	for _, e := range Changes(old, now) {
		kinds = append(kinds, e.Kind)
	}
	if !slices.Equal(kinds, []string{"expired", "buried"}) {
		t.Errorf("kinds %v", kinds)
	}
}
