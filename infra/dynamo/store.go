package dynamo

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/streamrec/streamrec/worker/lease"
)

// Store is a lease.Store on one table.
type Store struct {
	client *dynamodb.Client
	table  string
	prefix string // of the scopes
}

var _ lease.Store = (*Store)(nil)

// NewStore returns the store on a table that exists; see Create.
func NewStore(client *dynamodb.Client, table string) *Store {
	return &Store{client: client, table: table}
}

func (s *Store) key(scope, name string) item { return key(s.prefix+scope, name) }

// Workers implements lease.Store.
func (s *Store) Workers(ctx context.Context) ([]lease.Worker, error) {
	return query(ctx, s, scopeWorker, parseWorker)
}

// Leases implements lease.Store.
func (s *Store) Leases(ctx context.Context) ([]lease.Lease, lease.Plan, error) {
	leases, err := query(ctx, s, scopeLease, parseLease)
	if err != nil {
		return nil, lease.Plan{}, err
	}
	plan, err := s.plan(ctx)
	return leases, plan, err
}

// query reads all rows of a scope, which DynamoDB returns in the order of their keys.
func query[R any](ctx context.Context, s *Store, scope string, parse func(item) (R, error)) (rows []R, err error) {
	pages := dynamodb.NewQueryPaginator(s.client, &dynamodb.QueryInput{
		TableName: &s.table, ConsistentRead: new(true), KeyConditionExpression: new("#scope = :scope"),
		ExpressionAttributeNames: map[string]string{"#scope": "scope"}, ExpressionAttributeValues: item{":scope": text(s.prefix + scope)},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("query %s rows: %w", scope, classify(err, err))
		}
		for _, it := range page.Items {
			row, err := parse(it)
			if err != nil {
				return nil, err
			}
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// Lease implements lease.Store.
func (s *Store) Lease(ctx context.Context, name string) (lease.Lease, error) {
	it, err := s.get(ctx, scopeLease, name)
	if err != nil {
		return lease.Lease{}, err
	}
	return parseLease(it)
}

func (s *Store) get(ctx context.Context, scope, name string) (item, error) {
	out, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &s.table, Key: s.key(scope, name), ConsistentRead: new(true)})
	if err != nil {
		return nil, fmt.Errorf("get %s row %s: %w", scope, name, classify(err, err))
	}
	if out.Item == nil {
		return nil, fmt.Errorf("get %s row %s: %w", scope, name, lease.ErrAbsent)
	}
	return out.Item, nil
}

// Register implements lease.Store.
func (s *Store) Register(ctx context.Context, w lease.Worker) error {
	it := s.key(scopeWorker, w.ID)
	for name, v := range workerAttributes(w) {
		put(it, name, v)
	}
	err := s.putIfAbsent(ctx, it)
	if errors.Is(err, lease.ErrConflict) {
		return nil
	}
	return wrap("register", w.ID, err)
}

func workerAttributes(w lease.Worker) item {
	return item{
		"heartbeat": number(w.Counter), "address": text(w.Address), "secret": text(w.Secret), "leaving": flag(w.Leaving),
		"recordsPerSecond": decimal(w.Rate), "heartbeatAt": number(w.At), "planAcked": number(w.Acked),
		"failoverMillis": number(w.Failover.Milliseconds()),
	}
}

// Heartbeat implements lease.Store: one write empties the inbox and returns what was in it, one read gets the plan.
func (s *Store) Heartbeat(ctx context.Context, w lease.Worker) (map[string]string, lease.Plan, error) {
	u := newUpdate(workerAttributes(w))
	u.removes = append(u.removes, "#inbox")
	u.names["#inbox"] = "inbox"
	u.names["#key"] = "leaseKey"
	out, err := s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.table, Key: s.key(scopeWorker, w.ID), UpdateExpression: u.expression(), ConditionExpression: new("attribute_exists(#key)"),
		ExpressionAttributeNames: u.names, ExpressionAttributeValues: u.values, ReturnValues: types.ReturnValueAllOld,
	})
	if err != nil {
		return nil, lease.Plan{}, wrap("heartbeat of", w.ID, classify(err, lease.ErrAbsent))
	}
	r := reader{it: out.Attributes}
	inbox := parseInbox(r.set("inbox"))
	plan, err := s.plan(ctx)
	return inbox, plan, errors.Join(err, r.err)
}

// Deregister implements lease.Store.
func (s *Store) Deregister(ctx context.Context, worker string) error {
	_, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &s.table, Key: s.key(scopeWorker, worker)})
	return wrap("deregister", worker, classify(err, err))
}

// Bury implements lease.Store.
func (s *Store) Bury(ctx context.Context, w lease.Worker) error {
	_, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &s.table, Key: s.key(scopeWorker, w.ID), ConditionExpression: new("#heartbeat = :heartbeat"),
		ExpressionAttributeNames: map[string]string{"#heartbeat": "heartbeat"}, ExpressionAttributeValues: item{":heartbeat": number(w.Counter)},
	})
	return wrap("bury", w.ID, classify(err, lease.ErrConflict))
}

// Request implements lease.Store.
func (s *Store) Request(ctx context.Context, worker, name, receiver string) error {
	_, err := s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.table, Key: s.key(scopeWorker, worker), UpdateExpression: new("ADD #inbox :note"),
		ConditionExpression:       new("attribute_exists(#key)"),
		ExpressionAttributeNames:  map[string]string{"#inbox": "inbox", "#key": "leaseKey"},
		ExpressionAttributeValues: item{":note": set([]string{name + " " + receiver})},
	})
	return wrap("request "+name+" from", worker, classify(err, lease.ErrAbsent))
}

// Create implements lease.Store.
func (s *Store) Create(ctx context.Context, l lease.Lease) error {
	err := s.putIfAbsent(ctx, s.leaseItem(&l))
	if errors.Is(err, lease.ErrConflict) {
		return nil
	}
	return wrap("create lease", l.Key, err)
}

func (s *Store) putIfAbsent(ctx context.Context, it item) error {
	_, err := s.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &s.table, Item: it, ConditionExpression: new("attribute_not_exists(#key)"),
		ExpressionAttributeNames: map[string]string{"#key": "leaseKey"},
	})
	return classify(err, lease.ErrConflict)
}

// Begin implements lease.Store.
func (s *Store) Begin(ctx context.Context, g lease.Genesis) (lease.Genesis, error) {
	it := s.key(scopePlan, keyGenesis)
	it["position"] = position(g.Position)
	put(it, "shards", set(g.Shards))
	err := s.putIfAbsent(ctx, it)
	if err == nil || !errors.Is(err, lease.ErrConflict) {
		return g, wrap("create", keyGenesis, err)
	}
	return s.Genesis(ctx)
}

// Genesis returns where the application began. lease.ErrAbsent: no worker has begun it yet.
func (s *Store) Genesis(ctx context.Context) (lease.Genesis, error) {
	it, err := s.get(ctx, scopePlan, keyGenesis)
	if err != nil {
		return lease.Genesis{}, err
	}
	r := reader{it: it}
	return lease.Genesis{Position: r.position("position"), Shards: r.set("shards")}, r.err
}

// Update implements lease.Store. Attributes that this version does not know survive.
func (s *Store) Update(ctx context.Context, from, to *lease.Lease) error {
	u := newUpdate(leaseAttributes(to))
	conditions := []string{
		u.equals("leaseCounter", number(from.Counter)), u.equals("plan", number(from.Plan)), u.equals("checkpoint.type", text(string(from.Checkpoint.Type))),
		u.equals("checkpoint.value", text(from.Checkpoint.Value)), u.equals("checkpoint.hour", number(from.Checkpoint.Hour)),
	}
	if from.Owner == "" {
		conditions = append(conditions, "attribute_not_exists(#leaseOwner)")
		u.names["#leaseOwner"] = "leaseOwner"
	} else {
		conditions = append(conditions, u.equals("leaseOwner", text(from.Owner)))
	}
	_, err := s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.table, Key: s.key(scopeLease, to.Key), UpdateExpression: u.expression(),
		ConditionExpression: new(strings.Join(conditions, " AND ")), ExpressionAttributeNames: u.names, ExpressionAttributeValues: u.values,
	})
	return wrap("update lease", to.Key, classify(err, lease.ErrConflict))
}

func wrap(doing, what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s: %w", doing, what, err)
}
