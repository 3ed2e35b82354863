package conformance

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func dynamoCapacityChecks() []dynamoCheck {
	return []dynamoCheck{
		{"capacity: reads by 4 KB, half when eventual", (*dynamoProbe).costsOfReads},
		{"capacity: writes by KB of the larger item", (*dynamoProbe).costsOfWrites},
		{"capacity: a Query sums before it rounds", (*dynamoProbe).costsOfQueries},
		{"capacity: finding nothing costs the minimum", (*dynamoProbe).costsOfNothing},
		{"capacity: INDEXES names the table", (*dynamoProbe).costsByIndex},
		{"capacity: batches sum by table", (*dynamoProbe).costsOfBatches},
		{"capacity: transactions cost twice", (*dynamoProbe).costsOfTransactions},
	}
}

// costs compares consumed capacity.
func (p *dynamoProbe) costs(what string, got *types.ConsumedCapacity, want float64) error {
	if got == nil || got.CapacityUnits == nil || got.TableName == nil {
		return fmt.Errorf("%s: no consumed capacity", what)
	}
	return errors.Join(dynamoEqual(what, *got.CapacityUnits, want), dynamoEqual(what+": table", *got.TableName, p.table))
}

func (p *dynamoProbe) costOfGet(consistent bool) (*types.ConsumedCapacity, error) {
	out, err := p.GetItem(p.ctx, &dynamodb.GetItemInput{
		TableName: &p.table, Key: p.key("a"), ConsistentRead: &consistent, ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
		ProjectionExpression: new("leaseKey"),
	})
	if err != nil {
		return nil, err
	}
	return out.ConsumedCapacity, nil
}

func (p *dynamoProbe) costsOfReads() error {
	for _, c := range []struct {
		size                 int
		consistent, eventual float64
	}{{100, 1, 0.5}, {4096, 1, 0.5}, {4097, 2, 1}, {8192, 2, 1}, {8193, 3, 1.5}} {
		if err := p.put("a", dynamoFields{"f": p.filler(c.size)}); err != nil {
			return err
		}
		consistent, err := p.costOfGet(true)
		if err != nil {
			return err
		}
		eventual, err := p.costOfGet(false)
		if err != nil {
			return err
		}
		if err := errors.Join(
			p.costs(fmt.Sprintf("consistent read of %d bytes", c.size), consistent, c.consistent),
			p.costs(fmt.Sprintf("eventual read of %d bytes", c.size), eventual, c.eventual),
		); err != nil {
			return err
		}
	}
	return nil
}

func (p *dynamoProbe) costsOfWrites() error {
	for _, c := range []struct {
		size int
		want float64
	}{{100, 1}, {1024, 1}, {1025, 2}, {3000, 3}, {100, 3}, {100, 1}} {
		item := p.key("a")
		item["f"] = dynamoValue(p.filler(c.size))
		out, err := p.PutItem(p.ctx, &dynamodb.PutItemInput{TableName: &p.table, Item: item, ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal})
		if err != nil {
			return err
		}
		if err := p.costs(fmt.Sprintf("put of %d bytes", c.size), out.ConsumedCapacity, c.want); err != nil {
			return err
		}
	}
	for i, want := range []float64{3, 3, 1} {
		f := p.filler(2500)
		if i > 0 {
			f = "x"
		}
		out, err := p.UpdateItem(p.ctx, &dynamodb.UpdateItemInput{
			TableName: &p.table, Key: p.key("a"), UpdateExpression: new("SET f = :f"), ExpressionAttributeValues: dynamoItem(dynamoFields{":f": f}),
			ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
		})
		if err != nil {
			return err
		}
		if err := p.costs(fmt.Sprintf("update %d", i), out.ConsumedCapacity, want); err != nil {
			return err
		}
	}
	if err := p.put("a", dynamoFields{"f": p.filler(2049)}); err != nil {
		return err
	}
	for _, want := range []float64{3, 1} {
		out, err := p.DeleteItem(p.ctx, &dynamodb.DeleteItemInput{TableName: &p.table, Key: p.key("a"), ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal})
		if err != nil {
			return err
		}
		if err := p.costs("delete", out.ConsumedCapacity, want); err != nil {
			return err
		}
	}
	return nil
}

func (p *dynamoProbe) costsOfQueries() error {
	for _, sort := range []string{"a", "b", "c"} { // 3 × 2,000 bytes are two blocks of 4 KB together
		if err := p.put(sort, dynamoFields{"f": p.filler(2000)}); err != nil {
			return err
		}
	}
	for consistent, want := range map[bool]float64{true: 2, false: 1} {
		in := dynamoQueryOf{p.table, "#h = :h", dynamoFields{":h": p.scope}, nil}.input()
		in.ConsistentRead, in.ReturnConsumedCapacity = &consistent, types.ReturnConsumedCapacityTotal
		in.FilterExpression = new("attribute_exists(absent)")
		out, err := p.Query(p.ctx, in)
		if err != nil {
			return err
		}
		if err := p.costs("query", out.ConsumedCapacity, want); err != nil {
			return err
		}
	}
	return nil
}

func (p *dynamoProbe) costsOfNothing() error {
	got, err := p.costOfGet(true)
	if err != nil {
		return err
	}
	in := dynamoQueryOf{p.table, "#h = :h", dynamoFields{":h": p.scope}, nil}.input()
	in.ConsistentRead, in.ReturnConsumedCapacity = nil, types.ReturnConsumedCapacityTotal
	out, err := p.Query(p.ctx, in)
	if err != nil {
		return err
	}
	return errors.Join(p.costs("get of nothing", got, 1), p.costs("query of nothing", out.ConsumedCapacity, 0.5))
}

func (p *dynamoProbe) costsByIndex() error {
	out, err := p.PutItem(p.ctx, &dynamodb.PutItemInput{TableName: &p.table, Item: p.key("a"), ReturnConsumedCapacity: types.ReturnConsumedCapacityIndexes})
	if err != nil {
		return err
	}
	if err := p.costs("put", out.ConsumedCapacity, 1); err != nil {
		return err
	}
	if t := out.ConsumedCapacity.Table; t == nil || *t.CapacityUnits != 1 {
		return fmt.Errorf("capacity of the table is %+v", t)
	}
	none, err := p.PutItem(p.ctx, &dynamodb.PutItemInput{TableName: &p.table, Item: p.key("a"), ReturnConsumedCapacity: types.ReturnConsumedCapacityNone})
	if err != nil {
		return err
	}
	if none.ConsumedCapacity != nil {
		return fmt.Errorf("NONE: got %+v", none.ConsumedCapacity)
	}
	return nil
}

func (p *dynamoProbe) costsOfBatches() error {
	write, err := p.BatchWriteItem(p.ctx, &dynamodb.BatchWriteItemInput{
		RequestItems: map[string][]types.WriteRequest{p.table: {
			p.batchPut("a", dynamoFields{"f": strings.Repeat("x", 1500)}), p.batchPut("b", nil), p.batchDelete("c"),
		}},
		ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	})
	if err != nil {
		return err
	}
	read, err := p.BatchGetItem(p.ctx, &dynamodb.BatchGetItemInput{
		RequestItems: map[string]types.KeysAndAttributes{
			p.table: {Keys: []map[string]types.AttributeValue{p.key("a"), p.key("b"), p.key("c")}, ConsistentRead: new(true)},
		},
		ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	})
	if err != nil {
		return err
	}
	if len(write.ConsumedCapacity) != 1 || len(read.ConsumedCapacity) != 1 {
		return fmt.Errorf("got %+v and %+v", write.ConsumedCapacity, read.ConsumedCapacity)
	}
	return errors.Join(p.costs("batch write", &write.ConsumedCapacity[0], 4), p.costs("batch get", &read.ConsumedCapacity[0], 3))
}

func (p *dynamoProbe) costsOfTransactions() error {
	write, err := p.TransactWriteItems(p.ctx, &dynamodb.TransactWriteItemsInput{
		TransactItems:          []types.TransactWriteItem{p.transactPut("a", 1), p.transactPut("b", 2)},
		ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	})
	if err != nil {
		return err
	}
	read, err := p.TransactGetItems(p.ctx, &dynamodb.TransactGetItemsInput{
		TransactItems:          []types.TransactGetItem{{Get: &types.Get{TableName: &p.table, Key: p.key("a")}}},
		ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	})
	if err != nil {
		return err
	}
	if len(write.ConsumedCapacity) != 1 || len(read.ConsumedCapacity) != 1 {
		return fmt.Errorf("got %+v and %+v", write.ConsumedCapacity, read.ConsumedCapacity)
	}
	return errors.Join(p.costs("writes", &write.ConsumedCapacity[0], 4), p.costs("reads", &read.ConsumedCapacity[0], 2))
}
