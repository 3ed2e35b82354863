package dynamo

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/replay/side"
)

// Replays is a side.Registry on the lease table.
type Replays struct{ store *Store }

var _ side.Registry = Replays{}

// Replays returns the side replays of the application.
func (s *Store) Replays() Replays { return Replays{s} }

func parseReplay(it item) (side.Replay, error) {
	r := reader{it: it}
	out := side.Replay{
		Name: r.text("leaseKey"), State: side.State(r.text("state")), Generation: int(r.number("generation")), From: chain.Hour(r.number("from")), To: chain.Hour(r.number("to")),
		Rate: r.number("rate"), Settings: r.text("settings"), At: r.number("madeAt"), Operator: r.text("operator"), Reason: r.text("reason"),
	}
	var err error
	if out.Source, err = chain.ParseMap(r.text("readBackFrom")); err != nil {
		r.wrong("readBackFrom")
	}
	if r.err == nil {
		if err := out.Check(); err != nil {
			return out, fmt.Errorf("row of replay %s: %w: %w", out.Name, err, lease.ErrRefused)
		}
	}
	return out, r.err
}

// Create implements side.Registry.
func (p Replays) Create(ctx context.Context, r *side.Replay) error {
	it := key(scopeReplay, r.Name)
	attributes := item{
		"state": text(string(r.State)), "generation": number(int64(r.Generation)), "from": number(int64(r.From)), "to": number(int64(r.To)),
		"readBackFrom": text(r.Source.String()), "rate": number(r.Rate), "settings": text(r.Settings), "madeAt": number(r.At), "operator": text(r.Operator), "reason": text(r.Reason),
	}
	for name, v := range attributes {
		put(it, name, v)
	}
	return wrap("create replay", r.Name, p.store.putIfAbsent(ctx, it))
}

// Replay implements side.Registry.
func (p Replays) Replay(ctx context.Context, name string) (side.Replay, error) {
	it, err := p.store.get(ctx, scopeReplay, name)
	if err != nil {
		return side.Replay{}, err
	}
	return parseReplay(it)
}

// Replays implements side.Registry.
func (p Replays) Replays(ctx context.Context) ([]side.Replay, error) {
	return query(ctx, p.store, scopeReplay, parseReplay)
}

// Move implements side.Registry.
func (p Replays) Move(ctx context.Context, r *side.Replay, to side.State) error {
	u := newUpdate(item{"state": text(string(to))})
	condition := u.equals("state", text(string(r.State))) + " AND " + u.equals("generation", number(int64(r.Generation)))
	_, err := p.store.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &p.store.table, Key: key(scopeReplay, r.Name), UpdateExpression: u.expression(), ConditionExpression: &condition,
		ExpressionAttributeNames: u.names, ExpressionAttributeValues: u.values,
	})
	return wrap("move replay", r.Name, classify(err, lease.ErrConflict))
}

// Remove implements side.Registry.
func (p Replays) Remove(ctx context.Context, r *side.Replay) error {
	_, err := p.store.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &p.store.table, Key: key(scopeReplay, r.Name), ConditionExpression: new("#state = :state AND #generation = :generation"),
		ExpressionAttributeNames:  map[string]string{"#state": "state", "#generation": "generation"},
		ExpressionAttributeValues: item{":state": text(string(r.State)), ":generation": number(int64(r.Generation))},
	})
	if err = classify(err, lease.ErrConflict); errors.Is(err, lease.ErrConflict) {
		return nil
	}
	return wrap("remove replay", r.Name, err)
}

// Rows implements side.Registry.
func (p Replays) Rows(r *side.Replay) lease.Store { return p.rows(r) }

// rows are those of one replay for ever: a request of an earlier one that comes late must not make a row of it.
func (p Replays) rows(r *side.Replay) *Store {
	return &Store{client: p.store.client, table: p.store.table, prefix: fmt.Sprintf("%s/%s/%d/", scopeReplay, r.Name, r.Generation)}
}

// Clear implements side.Registry.
func (p Replays) Clear(ctx context.Context, r *side.Replay) error {
	s := p.rows(r)
	for _, scope := range []string{scopeLease, scopeWorker, scopePlan} {
		names, err := query(ctx, s, scope, func(it item) (string, error) {
			r := reader{it: it}
			return r.text("leaseKey"), r.err
		})
		if err != nil {
			return err
		}
		for _, n := range names {
			if _, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &s.table, Key: s.key(scope, n)}); err != nil {
				return fmt.Errorf("remove %s row %s of replay %s: %w", scope, n, r.Name, classify(err, err))
			}
		}
	}
	return nil
}
