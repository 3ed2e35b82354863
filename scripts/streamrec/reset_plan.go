package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/streamrec/streamrec/processor/audit"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/replay"
)

// resetPlan is what the command prints. The names in its JSON are stable, and reset --plan reads it.
type resetPlan struct {
	App       string       `json:"app"`
	Stream    string       `json:"stream"`
	Bucket    string       `json:"bucket"`
	Prefix    string       `json:"prefix"`
	Number    int64        `json:"plan"` // number of the plan that this would be, or has been
	Undo      bool         `json:"undo"`
	Undoes    int64        `json:"undoes,omitempty"` // number of the plan that is undone
	Resume    bool         `json:"resume"`
	Latest    bool         `json:"latest"`
	FromLog   bool         `json:"fromLog"`
	AcceptGap bool         `json:"acceptGap"`
	From      chain.Hour   `json:"from"`                // the first hour that is written anew
	Before    string       `json:"before"`              // what readers see: which generation each hour belongs to
	After     string       `json:"after"`               // what they are to see; new is a generation that nobody has used
	Instead   int64        `json:"insteadOf,omitempty"` // number of a plan that is not published yet, and whose place this takes
	Operator  string       `json:"operator"`
	Reason    string       `json:"reason,omitempty"`
	Shards    []resetShard `json:"shards"`
	Records   int64        `json:"records"`  // that are read again
	ReadBack  int64        `json:"readBack"` // of these, from the log
	Seconds   float64      `json:"seconds"`  // that this takes at the rate
	Objects   int          `json:"supersededObjects"`
	Bytes     int64        `json:"supersededBytes"`
	Hours     [2]string    `json:"supersededHours"`   // first and last, empty when there are none
	Missing   []resetShard `json:"missing"`           // shards that would have to read what is past retention
	Unknown   []string     `json:"unknown,omitempty"` // shards of which something would be superseded, and that cannot be read again
	Result    *resetResult `json:"result,omitempty"`

	rate      float64
	retention time.Duration
}

type resetShard struct {
	Shard    string     `json:"shard"`
	State    string     `json:"state"` // open, ended, reopened
	Parents  []string   `json:"parents,omitempty"`
	At       string     `json:"at"`       // where the chain ends that readers see
	Position string     `json:"position"` // where reading would begin
	Records  int64      `json:"records"`  // that are read again
	FromLog  bool       `json:"fromLog"`  // from the log, up to its end
	Stopped  string     `json:"stopped,omitempty"`
	Oldest   *time.Time `json:"oldestInStream,omitempty"`
	Unread   *time.Time `json:"givenUpSince,omitempty"` // arrival of the first record that is given up
}

func (s *resetShard) oldest() string {
	if s.Oldest == nil {
		return "nothing"
	}
	return s.Oldest.UTC().Format(time.RFC3339)
}

// resetResult is what became of the plan.
type resetResult struct {
	State            lease.PlanState `json:"state"`
	Generations      string          `json:"generations"`
	FencedSeconds    float64         `json:"fencedSeconds"`
	PublishedSeconds float64         `json:"publishedSeconds"`
}

// describe makes a draft readable.
func (t *resetTool) describe(d *replay.Draft, s replay.Superseded) *resetPlan {
	p := &resetPlan{
		App: t.o.app, Stream: t.o.stream, Bucket: t.o.bucket, Prefix: t.source.Layout.Prefix, Number: d.Base.Number + 1, Undo: d.Wanted.Undo, Undoes: d.Undoes, Resume: d.Wanted.Resume, Latest: d.Wanted.Latest, FromLog: d.Wanted.FromLog, AcceptGap: d.Wanted.Gaps, From: d.From,
		Before: d.Before.String(), After: d.Named(), Operator: d.Wanted.Operator, Reason: d.Wanted.Reason,
		Shards: []resetShard{}, Missing: []resetShard{}, Unknown: s.Unknown, Objects: s.Objects, Bytes: s.Bytes, rate: t.o.rate, retention: t.retention,
	}
	if d.Base.Number > 0 && d.Base.State != lease.PlanPublished {
		p.Instead = d.Base.Number
	}
	if s.Objects > 0 {
		p.Hours = [2]string{s.From.String(), s.To.String()}
	}
	for i := range d.Shards {
		sh := &d.Shards[i]
		line := describeShard(sh)
		p.Shards = append(p.Shards, line)
		if p.Records += line.Records; line.FromLog {
			p.ReadBack += line.Records
		}
		if sh.Missing() {
			p.Missing = append(p.Missing, line)
		}
	}
	p.Seconds = float64(p.Records) / t.o.rate
	return p
}

func describeShard(s *replay.ShardDraft) resetShard {
	line := resetShard{
		Shard: s.Row.Key, State: "open", Parents: s.Row.Parents, At: s.Now.Last, Position: "where it would have begun", Records: s.Records(), FromLog: s.Log && s.At.Type != lease.ShardEnd, Stopped: s.Row.Stopped,
	}
	if s.Known {
		line.Position = s.At.String()
	}
	switch {
	case s.At.Type == lease.ShardEnd:
		line.State = "ended"
	case s.Row.Ended():
		line.State = "reopened"
	}
	if !s.Unread.IsZero() {
		line.Unread = &s.Unread
	}
	if !s.OldestAt.IsZero() {
		line.Oldest = &s.OldestAt
	}
	return line
}

// write prints the plan.
func (p *resetPlan) write(out io.Writer, format output) error {
	if format == outputJSON {
		return json.NewEncoder(out).Encode(p)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) { fmt.Fprintf(w, "%s\t%s\n", name, fmt.Sprintf(format, args...)) }
	line("application", "%s, stream %s, s3://%s/%s", p.App, p.Stream, p.Bucket, p.Prefix)
	switch {
	case p.Latest:
		line("skip", "what has not been read is given up, up to the moment at which this is executed; marks in the log say what, and the audit reports it")
	case p.Resume:
		line("resume", "shards that were stopped go on where they are; the others begin anew where they are")
	case p.Undo:
		line("undo", "plan %d: hours from %s on as they were", p.Undoes, p.From)
	default:
		line("replay", "everything from %s:00Z on, to the tip of the stream", p.From)
	}
	if p.Before != p.After {
		line("readers", "see generations %s until the end, then %s, in one step", p.Before, p.After)
	}
	if p.Instead > 0 {
		line("instead of", "plan %d, which is not published: what it has written is never shown", p.Instead)
	}
	line("read again", "%s records, %s at %s/s; sessions served meanwhile stay behind what is replayed", audit.Grouped(p.Records), seconds(p.Seconds), audit.Grouped(int64(p.rate)))
	if p.FromLog {
		line("from the log", "%s of them, and then what the stream has; the other %s from the stream", audit.Grouped(p.ReadBack), audit.Grouped(p.Records-p.ReadBack))
	}
	if took := time.Duration(p.Seconds * float64(time.Second)); p.FromLog && took > p.retention/2 {
		line("TAKE CARE", "the stream keeps %s: a replay that takes longer loses what comes meanwhile. Run more workers, or choose a later hour", p.retention)
	}
	if p.Objects > 0 {
		line("superseded", "%s objects, %s, hours %s to %s; they stay in the bucket", audit.Grouped(int64(p.Objects)), size(p.Bytes), p.Hours[0], p.Hours[1])
	}
	if p.Resume {
		p.writeShards(w)
		return p.writeEnd(w, line)
	}
	line("model", "%s", p.model())
	line("cost", "%s in requests, beside what reading and writing cost again", p.cost())
	p.writeShards(w)
	return p.writeEnd(w, line)
}

// model says what becomes of the model: an undo leads to what the log of then has learnt.
func (p *resetPlan) model() string {
	switch {
	case !p.Undo:
		return fmt.Sprintf("forgets what it has learnt from %s on, and learns it again", p.From)
	case p.Records == 0:
		return fmt.Sprintf("what it has learnt from %s on is what the log had under generations %s", p.From, p.After)
	}
	return fmt.Sprintf("what it has learnt from %s on is what the log had under generations %s; it learns what is read again", p.From, p.After)
}

func (p *resetPlan) writeEnd(w *tabwriter.Writer, line func(name, format string, args ...any)) error {
	for i := range p.Shards {
		if since := p.Shards[i].Unread; since != nil {
			line("GIVEN UP", "%s: what has arrived since %s, %s", p.Shards[i].Shard, since.UTC().Format(time.RFC3339), seconds(time.Since(*since).Seconds()))
		}
	}
	for i := range p.Missing {
		given := ""
		if p.AcceptGap {
			given = "; what is missing is given up"
		}
		line("PAST RETENTION", "%s: the stream goes back to %s only%s", p.Missing[i].Shard, p.Missing[i].oldest(), given)
	}
	switch {
	case p.Result != nil:
		line("\t\ndone", "plan %d is %s, readers see generations %s", p.Number, p.Result.State, p.Result.Generations)
	default:
		line("\t\nnothing was done", "pass --execute")
	}
	return w.Flush()
}

func (p *resetPlan) writeShards(w *tabwriter.Writer) {
	fmt.Fprintf(w, "\t\nshard\tbegins\n")
	for i := range p.Shards {
		s := &p.Shards[i]
		note := ""
		switch {
		case s.State == "ended":
			note = "stays ended"
		case s.State == "reopened":
			note = fmt.Sprintf("is opened again, %s records", audit.Grouped(s.Records))
		default:
			note = fmt.Sprintf("%s records", audit.Grouped(s.Records))
		}
		if s.FromLog {
			note += " from the log"
		}
		if len(s.Parents) > 0 && s.State != "ended" {
			note += fmt.Sprintf(", after %v", s.Parents)
		}
		if s.Stopped != "" {
			note += ", was stopped: " + s.Stopped
		}
		fmt.Fprintf(w, "%s\t%s; %s\n", s.Shard, s.Position, note)
	}
}

// cost is about what the requests of the plan cost, in dollars: some writes of lease rows, lists and heads for each shard.
func (p *resetPlan) cost() string {
	dollars := float64(len(p.Shards)) * (3*1.25e-6 + 30*5e-6)
	if dollars < 0.01 {
		return "less than 0.01 dollars"
	}
	return fmt.Sprintf("about %.2f dollars", dollars)
}

// seconds is a duration for people.
func seconds(s float64) string {
	return time.Duration(s * float64(time.Second)).Round(time.Second).String()
}
