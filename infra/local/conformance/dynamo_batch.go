package conformance

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func dynamoBatchChecks() []dynamoCheck {
	return []dynamoCheck{
		{"BatchWriteItem puts and deletes", (*dynamoProbe).writesBatch},
		{"BatchGetItem: projection, missing items", (*dynamoProbe).getsBatch},
		{"BatchGetItem beyond 16 MB leaves unprocessed keys", (*dynamoProbe).getsLargeBatch},
		{"batches that cannot be are refused", (*dynamoProbe).refusesBatches},
	}
}

func (p *dynamoProbe) writeBatch(writes ...types.WriteRequest) error {
	out, err := p.BatchWriteItem(p.ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{p.table: writes}})
	if err != nil {
		return err
	}
	return dynamoEqual("unprocessed", len(out.UnprocessedItems), 0)
}

func (p *dynamoProbe) batchPut(sort string, fields dynamoFields) types.WriteRequest {
	item := dynamoItem(fields)
	item[dynamoHash], item[dynamoRange] = dynamoValue(p.scope), dynamoValue(sort)
	return types.WriteRequest{PutRequest: &types.PutRequest{Item: item}}
}

func (p *dynamoProbe) batchDelete(sort string) types.WriteRequest {
	return types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: p.key(sort)}}
}

func (p *dynamoProbe) writesBatch() error {
	if err := p.put("old", dynamoFields{"n": 1}); err != nil {
		return err
	}
	if err := p.writeBatch(p.batchPut("a", dynamoFields{"n": 1}), p.batchPut("b", nil), p.batchDelete("old"), p.batchDelete("none")); err != nil {
		return err
	}
	return errors.Join(p.expect("a", dynamoFields{"n": 1}), p.expect("b", dynamoFields{}), p.expect("old", nil))
}

func (p *dynamoProbe) getBatch(sorts ...string) (*dynamodb.BatchGetItemOutput, error) {
	var keys []map[string]types.AttributeValue
	for _, sort := range sorts {
		keys = append(keys, p.key(sort))
	}
	return p.BatchGetItem(p.ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{p.table: {
		Keys: keys, ProjectionExpression: new("leaseKey, #n"), ExpressionAttributeNames: map[string]string{"#n": "n"}, ConsistentRead: new(true),
	}}})
}

func (p *dynamoProbe) getsBatch() error {
	for i := range 3 {
		if err := p.put(fmt.Sprint(i), dynamoFields{"n": i, "m": 1}); err != nil {
			return err
		}
	}
	out, err := p.getBatch("0", "2", "7")
	if err != nil {
		return err
	}
	found := map[string]dynamoFields{}
	for _, item := range out.Responses[p.table] {
		found[dynamoPlain(item[dynamoRange]).(string)] = dynamoBare(item)
	}
	return errors.Join(
		dynamoEqual("found", len(found), 2), dynamoEqual("unprocessed", len(out.UnprocessedKeys), 0),
		dynamoSame("0", found["0"], dynamoFields{"n": 0}), dynamoSame("2", found["2"], dynamoFields{"n": 2}),
	)
}

func (p *dynamoProbe) getsLargeBatch() error {
	var sorts []string
	for i := range 42 { // 16.4 MB
		sorts = append(sorts, fmt.Sprint(i))
		if err := p.put(sorts[i], dynamoFields{"n": strings.Repeat("x", 400_000)}); err != nil {
			return err
		}
	}
	out, err := p.getBatch(sorts...)
	if err != nil {
		return err
	}
	got, left := len(out.Responses[p.table]), len(out.UnprocessedKeys[p.table].Keys)
	if got+left != len(sorts) || left == 0 || got == 0 {
		return fmt.Errorf("%d items and %d unprocessed keys of %d", got, left, len(sorts))
	}
	rest, err := p.BatchGetItem(p.ctx, &dynamodb.BatchGetItemInput{RequestItems: out.UnprocessedKeys})
	if err != nil {
		return err
	}
	return dynamoEqual("rest", len(rest.Responses[p.table]), left)
}

func (p *dynamoProbe) refusesBatches() error {
	var many []types.WriteRequest
	var manyKeys []string
	for i := range 101 {
		many = append(many, p.batchDelete(fmt.Sprint(i)))
		manyKeys = append(manyKeys, fmt.Sprint(i))
	}
	if err := dynamoInvalid("26 writes", p.writeBatch(many[:26]...), ""); err != nil {
		return err
	}
	if err := dynamoInvalid("one item twice", p.writeBatch(many[0], many[0]), "Provided list of item keys contains duplicates"); err != nil {
		return err
	}
	if err := dynamoInvalid("a bad key", p.writeBatch(p.batchPut("a", nil), p.batchDelete("")), ""); err != nil {
		return err
	}
	if err := p.expect("a", nil); err != nil {
		return err
	}
	_, err := p.getBatch(manyKeys...)
	if err := dynamoInvalid("101 keys", err, ""); err != nil {
		return err
	}
	_, err = p.getBatch("a", "a")
	if err := dynamoInvalid("one key twice", err, "Provided list of item keys contains duplicates"); err != nil {
		return err
	}
	_, err = p.BatchGetItem(p.ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
		"conformance-missing": {Keys: []map[string]types.AttributeValue{p.key("a")}},
	}})
	return dynamoRefused("missing table", err, "ResourceNotFoundException", "")
}
