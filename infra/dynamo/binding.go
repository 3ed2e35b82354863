package dynamo

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/streamrec/streamrec/worker/lease"
)

// Binding is what an application works on. Its lease table has positions in one stream and in one log: with another one they are wrong.
type Binding struct {
	Stream  string // name
	Bucket  string
	Prefix  string // of the log
	Private bool   // customers have pseudonyms in the log
}

// Binding returns what the application is bound to. lease.ErrAbsent: no worker that binds has begun it.
func (s *Store) Binding(ctx context.Context) (Binding, error) {
	it, err := s.get(ctx, scopePlan, keyBinding)
	if err != nil {
		return Binding{}, err
	}
	r := reader{it: it}
	return Binding{Stream: r.text("stream"), Bucket: r.text("bucket"), Prefix: r.text("prefix"), Private: r.flag("private")}, r.err
}

// Bind binds the application, or returns what it is bound to.
func (s *Store) Bind(ctx context.Context, b Binding) (Binding, error) {
	it := s.key(scopePlan, keyBinding)
	for name, v := range map[string]string{"stream": b.Stream, "bucket": b.Bucket, "prefix": b.Prefix} {
		put(it, name, text(v))
	}
	it["private"] = flag(b.Private)
	err := s.putIfAbsent(ctx, it)
	if err == nil || !errors.Is(err, lease.ErrConflict) {
		return b, wrap("create", keyBinding, err)
	}
	return s.Binding(ctx)
}

// Privatise notes that from now on customers have pseudonyms in the log. There is no way back.
func (s *Store) Privatise(ctx context.Context) error {
	u := newUpdate(item{"private": flag(true)})
	u.names["#key"] = "leaseKey"
	_, err := s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.table, Key: s.key(scopePlan, keyBinding), UpdateExpression: u.expression(), ConditionExpression: new("attribute_exists(#key)"),
		ExpressionAttributeNames: u.names, ExpressionAttributeValues: u.values,
	})
	return wrap("update", keyBinding, classify(err, lease.ErrAbsent))
}
