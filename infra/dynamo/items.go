package dynamo

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/streamrec/streamrec/worker/lease"
)

type item = map[string]types.AttributeValue

// Scopes of rows.
const (
	scopeWorker = "worker"
	scopeLease  = "lease"
	scopePlan   = "plan"
	scopeReplay = "replay" // of side replays; behind it, for the rows of one: / its name / its generation / and one of the others
	keyPlan     = "plan"
	keyGenesis  = "genesis"
	keyBinding  = "binding"
	keyStarts   = "positions#" // behind it: id of a plan, # and a number
)

func key(scope, name string) item { return item{"scope": text(scope), "leaseKey": text(name)} }

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func decimal(f float64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatFloat(f, 'f', 3, 64)}
}

func flag(b bool) types.AttributeValue { return &types.AttributeValueMemberBOOL{Value: b} }

func set(s []string) types.AttributeValue {
	return &types.AttributeValueMemberSS{Value: slices.Clone(s)}
}

func position(p lease.Position) types.AttributeValue {
	return &types.AttributeValueMemberM{Value: item{"type": text(string(p.Type)), "value": text(p.Value), "hour": number(p.Hour)}}
}

// put adds an attribute unless it is absent in the row's terms: empty strings and sets are not stored.
func put(it item, name string, v types.AttributeValue) {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		if v.Value == "" {
			return
		}
	case *types.AttributeValueMemberSS:
		if len(v.Value) == 0 {
			return
		}
	}
	it[name] = v
}

func (s *Store) leaseItem(l *lease.Lease) item {
	it := s.key(scopeLease, l.Key)
	for name, v := range leaseAttributes(l) {
		put(it, name, v)
	}
	put(it, "parentShardIds", set(l.Parents))
	put(it, "startingHashKey", text(l.StartingHashKey))
	put(it, "endingHashKey", text(l.EndingHashKey))
	return it
}

// leaseAttributes are those that change in the life of a row.
func leaseAttributes(l *lease.Lease) item {
	return item{
		"leaseOwner": text(l.Owner), "leaseCounter": number(l.Counter), "checkpoint": position(l.Checkpoint),
		"checkpointAt": number(l.CheckpointAt), "childShardIds": set(l.Children),
		"plan": number(l.Plan), "recordsPerSecond": decimal(l.Rate), "stopped": text(l.Stopped), "tip": number(l.Tip),
		"generations": text(l.Map), "readBackFrom": text(l.Source), "tipPlan": number(l.TipPlan),
	}
}

// reader reads attributes and remembers what is wrong.
type reader struct {
	it  item
	err error
}

func (r *reader) text(name string) string {
	switch v := r.it[name].(type) {
	case nil:
		return ""
	case *types.AttributeValueMemberS:
		return v.Value
	}
	r.wrong(name)
	return ""
}

func (r *reader) number(name string) int64 {
	f, err := strconv.ParseInt(r.digits(name), 10, 64)
	if err != nil {
		r.wrong(name)
	}
	return f
}

func (r *reader) decimal(name string) float64 {
	f, err := strconv.ParseFloat(r.digits(name), 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) { // ParseFloat knows these, a number of DynamoDB is none of them
		r.wrong(name)
	}
	return f
}

func (r *reader) digits(name string) string {
	switch v := r.it[name].(type) {
	case nil:
		return "0"
	case *types.AttributeValueMemberN:
		return v.Value
	}
	return ""
}

func (r *reader) flag(name string) bool {
	v, ok := r.it[name].(*types.AttributeValueMemberBOOL)
	return ok && v.Value
}

func (r *reader) set(name string) []string {
	switch v := r.it[name].(type) {
	case nil:
		return nil
	case *types.AttributeValueMemberSS:
		return slices.Sorted(slices.Values(v.Value))
	}
	r.wrong(name)
	return nil
}

func (r *reader) position(name string) lease.Position {
	m, ok := r.it[name].(*types.AttributeValueMemberM)
	if !ok {
		r.wrong(name)
		return lease.Position{}
	}
	in := reader{it: m.Value}
	p := lease.Position{Type: lease.PositionType(in.text("type")), Value: in.text("value"), Hour: in.number("hour")}
	if in.err != nil || p.Type == "" {
		r.wrong(name)
	}
	return p
}

func (r *reader) wrong(name string) {
	if r.err == nil {
		r.err = fmt.Errorf("attribute %s of row %s has an unexpected value: %w", name, r.name(), lease.ErrRefused)
	}
}

func (r *reader) name() string {
	if v, ok := r.it["leaseKey"].(*types.AttributeValueMemberS); ok {
		return v.Value
	}
	return "?"
}

func parseLease(it item) (lease.Lease, error) {
	r := reader{it: it}
	l := lease.Lease{
		Key: r.text("leaseKey"), Owner: r.text("leaseOwner"), Counter: r.number("leaseCounter"), Checkpoint: r.position("checkpoint"),
		CheckpointAt: r.number("checkpointAt"), Parents: r.set("parentShardIds"), Children: r.set("childShardIds"),
		StartingHashKey: r.text("startingHashKey"), EndingHashKey: r.text("endingHashKey"),
		Plan: r.number("plan"), Rate: r.decimal("recordsPerSecond"), Stopped: r.text("stopped"), Tip: r.number("tip"),
		Map: r.text("generations"), Source: r.text("readBackFrom"), TipPlan: r.number("tipPlan"),
	}
	return l, r.err
}

func parseWorker(it item) (lease.Worker, error) {
	r := reader{it: it}
	w := lease.Worker{
		ID: r.text("leaseKey"), Counter: r.number("heartbeat"), Address: r.text("address"), Secret: r.text("secret"), Leaving: r.flag("leaving"),
		Rate: r.decimal("recordsPerSecond"), At: r.number("heartbeatAt"), Acked: r.number("planAcked"), Inbox: parseInbox(r.set("inbox")),
		Failover: time.Duration(r.number("failoverMillis")) * time.Millisecond,
	}
	return w, r.err
}

func parseInbox(notes []string) map[string]string {
	inbox := make(map[string]string, len(notes))
	for _, n := range notes {
		if k, receiver, ok := strings.Cut(n, " "); ok {
			inbox[k] = receiver
		}
	}
	return inbox
}
