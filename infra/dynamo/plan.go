package dynamo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/streamrec/streamrec/worker/lease"
)

// plan reads the plan row.
func (s *Store) plan(ctx context.Context) (lease.Plan, error) {
	it, err := s.get(ctx, scopePlan, keyPlan)
	if errors.Is(err, lease.ErrAbsent) {
		return lease.Plan{}, nil
	}
	if err != nil {
		return lease.Plan{}, err
	}
	r := reader{it: it}
	p := lease.Plan{
		Number: r.number("number"), State: lease.PlanState(r.text("state")), ID: r.text("id"), Map: r.text("generations"), Hour: r.number("hour"),
		Published: r.text("published"), By: r.number("publishedBy"), Switched: r.number("switched"), Previous: r.text("previous"),
		Source: r.text("readBackFrom"), AcceptGaps: r.flag("acceptGaps"), SkipTo: r.number("skipTo"), At: r.number("madeAt"), Operator: r.text("operator"), Reason: r.text("reason"),
	}
	return p, r.err
}

func planAttributes(p *lease.Plan) item {
	return item{
		"number": number(p.Number), "state": text(string(p.State)), "id": text(p.ID), "generations": text(p.Map), "hour": number(p.Hour),
		"published": text(p.Published), "publishedBy": number(p.By), "switched": number(p.Switched), "previous": text(p.Previous),
		"readBackFrom": text(p.Source), "acceptGaps": flag(p.AcceptGaps), "skipTo": number(p.SkipTo), "madeAt": number(p.At), "operator": text(p.Operator), "reason": text(p.Reason),
	}
}

// WritePlan implements lease.Store.
func (s *Store) WritePlan(ctx context.Context, from, to *lease.Plan) error {
	if from.None() {
		it := s.key(scopePlan, keyPlan)
		for name, v := range planAttributes(to) {
			put(it, name, v)
		}
		return wrap("create", keyPlan, s.putIfAbsent(ctx, it))
	}
	u := newUpdate(planAttributes(to))
	condition := strings.Join([]string{
		u.equals("number", number(from.Number)), u.equals("state", text(string(from.State))), u.equals("id", text(from.ID)),
	}, " AND ")
	_, err := s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.table, Key: s.key(scopePlan, keyPlan), UpdateExpression: u.expression(), ConditionExpression: &condition,
		ExpressionAttributeNames: u.names, ExpressionAttributeValues: u.values,
	})
	return wrap("update", keyPlan, classify(err, lease.ErrConflict))
}

// Positions lie in rows of their own, many shards in each: the plan row is read with every heartbeat, and an item has 400 kB at most. The row of a
// shard's position follows from a hash of its key.

// startRows is in how many rows the positions of a plan lie. A position has some 150 bytes, so there is room for those of 60,000 shards.
const startRows = 32

func startsKey(id, shard string) string {
	sum := uint32(2166136261)
	for i := range len(shard) {
		sum = (sum ^ uint32(shard[i])) * 16777619
	}
	return startsRow(id, int(sum%startRows))
}

func startsRow(id string, n int) string { return keyStarts + id + "#" + strconv.Itoa(n) }

// PutPositions implements lease.Store.
func (s *Store) PutPositions(ctx context.Context, id string, positions map[string]lease.Position) error {
	rows := map[string]item{}
	for shard, at := range positions {
		name := startsKey(id, shard)
		if rows[name] == nil {
			rows[name] = item{}
		}
		rows[name][shard] = position(at)
	}
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		it := s.key(scopePlan, name)
		it["positions"] = &types.AttributeValueMemberM{Value: rows[name]}
		if _, err := s.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &s.table, Item: it}); err != nil {
			return fmt.Errorf("put positions %s: %w", id, classify(err, err))
		}
	}
	return nil
}

// Position implements lease.Store.
func (s *Store) Position(ctx context.Context, id, shard string) (lease.Position, error) {
	it, err := s.get(ctx, scopePlan, startsKey(id, shard))
	if err != nil {
		return lease.Position{}, err
	}
	rows, ok := it["positions"].(*types.AttributeValueMemberM)
	if !ok || rows.Value[shard] == nil {
		return lease.Position{}, fmt.Errorf("position of %s under %s: %w", shard, id, lease.ErrAbsent)
	}
	r := reader{it: rows.Value}
	at := r.position(shard)
	return at, r.err
}

// DropPositions implements lease.Store.
func (s *Store) DropPositions(ctx context.Context, id string) error {
	for n := range startRows {
		_, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &s.table, Key: s.key(scopePlan, startsRow(id, n))})
		if err != nil {
			return fmt.Errorf("drop positions %s: %w", id, classify(err, err))
		}
	}
	return nil
}
