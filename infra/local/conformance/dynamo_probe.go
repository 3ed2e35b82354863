package conformance

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
)

const (
	dynamoHash  = "scope"    // partition key of the suite's table, a string
	dynamoRange = "leaseKey" // sort key, a string

	dynamoCheckTimeout = 2 * time.Minute
	dynamoReadyTimeout = time.Minute
)

// dynamoTable is the table that most checks share.
type dynamoTable struct {
	client *dynamodb.Client
	table  string
}

func newDynamoTable(t *testing.T, client *dynamodb.Client) dynamoTable {
	t.Helper()
	once := dynamodb.New(client.Options(), func(o *dynamodb.Options) { o.RetryMaxAttempts = 1 })
	p := &dynamoProbe{Client: once, ctx: t.Context(), cleanup: t.Cleanup}
	table, err := p.create(dynamoKeys(types.ScalarAttributeTypeS, types.ScalarAttributeTypeS))
	if err != nil {
		t.Fatalf("create the suite's table: %v", err)
	}
	return dynamoTable{once, table}
}

// probe gives a check a partition of its own in the shared table.
func (s dynamoTable) probe(t *testing.T) *dynamoProbe {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), dynamoCheckTimeout)
	t.Cleanup(cancel)
	return &dynamoProbe{Client: s.client, ctx: ctx, cleanup: t.Cleanup, table: s.table, scope: rand.Text()}
}

// dynamoProbe is what one check works with.
type dynamoProbe struct {
	*dynamodb.Client // one attempt per call
	ctx              context.Context
	cleanup          func(func())
	table            string // the shared table
	scope            string // the check's own partition in it
}

// dynamoKeys describes a table with a partition key and, unless its type is empty, a sort key.
func dynamoKeys(hash, sort types.ScalarAttributeType) *dynamodb.CreateTableInput {
	in := &dynamodb.CreateTableInput{
		BillingMode:          types.BillingModePayPerRequest,
		KeySchema:            []types.KeySchemaElement{{AttributeName: new(dynamoHash), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: new(dynamoHash), AttributeType: hash}},
	}
	if sort != "" {
		in.KeySchema = append(in.KeySchema, types.KeySchemaElement{AttributeName: new(dynamoRange), KeyType: types.KeyTypeRange})
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: new(dynamoRange), AttributeType: sort})
	}
	return in
}

// create makes a table with a name of its own and waits until it is active. It is deleted when the check ends.
func (p *dynamoProbe) create(in *dynamodb.CreateTableInput) (string, error) {
	name := "conformance-" + strings.ToLower(rand.Text())
	in.TableName = &name
	if _, err := p.CreateTable(p.ctx, in); err != nil {
		return "", fmt.Errorf("create table: %w", err)
	}
	p.cleanup(func() {
		ctx := context.WithoutCancel(p.ctx)
		_, _ = p.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &name}) // the check may have deleted it
	})
	return name, p.awaitTable(name)
}

func (p *dynamoProbe) awaitTable(name string) error {
	waiter := dynamodb.NewTableExistsWaiter(p.Client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 50*time.Millisecond, time.Second
	})
	if err := waiter.Wait(p.ctx, &dynamodb.DescribeTableInput{TableName: &name}, dynamoReadyTimeout); err != nil {
		return fmt.Errorf("wait for table: %w", err)
	}
	return nil
}

// key is the key of an item in the check's partition.
func (p *dynamoProbe) key(sort string) map[string]types.AttributeValue {
	return dynamoItem(dynamoFields{dynamoHash: p.scope, dynamoRange: sort})
}

// put stores an item with the given attributes besides its key.
func (p *dynamoProbe) put(sort string, fields dynamoFields) error {
	item := dynamoItem(fields)
	item[dynamoHash], item[dynamoRange] = dynamoValue(p.scope), dynamoValue(sort)
	_, err := p.PutItem(p.ctx, &dynamodb.PutItemInput{TableName: &p.table, Item: item})
	return err
}

// get reads an item consistently, without its key; nil when there is none.
func (p *dynamoProbe) get(sort string) (dynamoFields, error) {
	yes := true
	out, err := p.GetItem(p.ctx, &dynamodb.GetItemInput{TableName: &p.table, Key: p.key(sort), ConsistentRead: &yes})
	if err != nil || out.Item == nil {
		return nil, err
	}
	return dynamoBare(out.Item), nil
}

// expect reads an item and compares it, without its key; want is nil for an item that must not exist.
func (p *dynamoProbe) expect(sort string, want dynamoFields) error {
	got, err := p.get(sort)
	if err != nil {
		return err
	}
	return dynamoSame("item "+sort, got, want)
}

// dynamoUpdate is an UpdateItem on the check's partition, in short.
type dynamoUpdate struct {
	sort, update, condition string
	names                   map[string]string
	values                  dynamoFields
	returns                 types.ReturnValue
	onFailure               types.ReturnValuesOnConditionCheckFailure
}

func (p *dynamoProbe) update(u dynamoUpdate) (*dynamodb.UpdateItemOutput, error) {
	in := &dynamodb.UpdateItemInput{
		TableName: &p.table, Key: p.key(u.sort), ExpressionAttributeNames: u.names, ReturnValues: u.returns,
		ReturnValuesOnConditionCheckFailure: u.onFailure,
	}
	if u.update != "" {
		in.UpdateExpression = &u.update
	}
	if u.condition != "" {
		in.ConditionExpression = &u.condition
	}
	if u.values != nil {
		in.ExpressionAttributeValues = dynamoItem(u.values)
	}
	return p.UpdateItem(p.ctx, in)
}

// updated makes an update that must succeed and compares the item afterwards.
func (p *dynamoProbe) updated(u dynamoUpdate, want dynamoFields) error {
	if _, err := p.update(u); err != nil {
		return fmt.Errorf("%s: %w", u.update, err)
	}
	return p.expect(u.sort, want)
}

// dynamoRefused demands an error with a code and a part of its message.
func dynamoRefused(what string, err error, code, part string) error {
	if err == nil {
		return fmt.Errorf("%s: accepted, want %s", what, code)
	}
	answer, ok := errors.AsType[smithy.APIError](err)
	if !ok || answer.ErrorCode() != code || !strings.Contains(answer.ErrorMessage(), part) {
		return fmt.Errorf("%s: got %w, want %s with %q", what, err, code, part)
	}
	return nil
}

func dynamoInvalid(what string, err error, part string) error {
	return dynamoRefused(what, err, "ValidationException", part)
}

func dynamoConditionFailed(what string, err error) error {
	return dynamoRefused(what, err, "ConditionalCheckFailedException", "The conditional request failed")
}
