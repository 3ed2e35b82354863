package conformance

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func dynamoItemChecks() []dynamoCheck {
	return []dynamoCheck{
		{"GetItem ConsistentRead + missing item empty", (*dynamoProbe).getsConsistently},
		{"GetItem of a projection: nested, and of nothing", (*dynamoProbe).getsProjection},
		{"PutItem replaces the whole item; ALL_OLD", (*dynamoProbe).replacesItem},
		{"PutItem attribute_not_exists -> 2nd CCFE", (*dynamoProbe).putsOnce},
		{"DeleteItem conditional + ALL_OLD", (*dynamoProbe).deletesConditionally},
		{"ReturnValuesOnConditionCheckFailure ALL_OLD", (*dynamoProbe).showsItemOfFailure},
		{"ReturnValues that the operation does not have are refused", (*dynamoProbe).refusesReturnValues},
		{"keys of the wrong type, count or length are refused", (*dynamoProbe).refusesKeys},
		{"an item of 400 KB is accepted, of one byte more refused", (*dynamoProbe).limitsItems},
		{"an update beyond 400 KB is refused and changes nothing", (*dynamoProbe).limitsUpdates},
	}
}

func (p *dynamoProbe) getsConsistently() error {
	if err := p.expect("a", nil); err != nil {
		return err
	}
	if err := p.put("a", dynamoFields{"n": 1, "s": "grün", "l": []any{1, "x", nil}}); err != nil {
		return err
	}
	return p.expect("a", dynamoFields{"n": 1, "s": "grün", "l": []any{1, "x", nil}})
}

func (p *dynamoProbe) getsProjection() error {
	if err := p.put("a", dynamoFields{"a": dynamoFields{"b": []any{2, 4, dynamoFields{"x": "hi", "y": "yo"}}, "c": 5}, "name": "n", "d": 1}); err != nil {
		return err
	}
	for projection, want := range map[string]dynamoFields{
		"a.b[2].y, a.b[0], #n": {"a": dynamoFields{"b": []any{2, dynamoFields{"y": "yo"}}}, "name": "n"},
		"d, #n, a.x, a.b[9]":   {"d": 1, "name": "n"},
		"a.c.x, #n.x":          {},
	} {
		out, err := p.GetItem(p.ctx, &dynamodb.GetItemInput{
			TableName: &p.table, Key: p.key("a"), ProjectionExpression: &projection, ExpressionAttributeNames: map[string]string{"#n": "name"},
			ConsistentRead: new(true),
		})
		if err != nil {
			return fmt.Errorf("%s: %w", projection, err)
		}
		if err := dynamoSame(projection, dynamoPlainItem(out.Item), want); err != nil {
			return err
		}
	}
	return nil
}

func (p *dynamoProbe) replacesItem() error {
	if err := p.put("a", dynamoFields{"n": 1, "m": 2}); err != nil {
		return err
	}
	item := p.key("a")
	item["n"] = dynamoValue(3)
	out, err := p.PutItem(p.ctx, &dynamodb.PutItemInput{TableName: &p.table, Item: item, ReturnValues: types.ReturnValueAllOld})
	if err != nil {
		return err
	}
	return errors.Join(
		dynamoSame("old item", dynamoBare(out.Attributes), dynamoFields{"n": 1, "m": 2}),
		p.expect("a", dynamoFields{"n": 3}),
	)
}

func (p *dynamoProbe) putsOnce() error {
	put := func(n int) error {
		item := p.key("a")
		item["n"] = dynamoValue(n)
		_, err := p.PutItem(p.ctx, &dynamodb.PutItemInput{
			TableName: &p.table, Item: item, ConditionExpression: new("attribute_not_exists(leaseKey)"),
		})
		return err
	}
	if err := put(1); err != nil {
		return err
	}
	if err := dynamoConditionFailed("second put", put(2)); err != nil {
		return err
	}
	return p.expect("a", dynamoFields{"n": 1})
}

func (p *dynamoProbe) deletesConditionally() error {
	if err := p.put("a", dynamoFields{"n": 1}); err != nil {
		return err
	}
	remove := func(n int) (*dynamodb.DeleteItemOutput, error) {
		return p.DeleteItem(p.ctx, &dynamodb.DeleteItemInput{
			TableName: &p.table, Key: p.key("a"), ConditionExpression: new("n = :n"),
			ExpressionAttributeValues: dynamoItem(dynamoFields{":n": n}), ReturnValues: types.ReturnValueAllOld,
		})
	}
	_, err := remove(2)
	if err := errors.Join(dynamoConditionFailed("delete of another n", err), p.expect("a", dynamoFields{"n": 1})); err != nil {
		return err
	}
	out, err := remove(1)
	if err != nil {
		return err
	}
	if err := errors.Join(dynamoSame("old item", dynamoBare(out.Attributes), dynamoFields{"n": 1}), p.expect("a", nil)); err != nil {
		return err
	}
	again, err := p.DeleteItem(p.ctx, &dynamodb.DeleteItemInput{TableName: &p.table, Key: p.key("a"), ReturnValues: types.ReturnValueAllOld})
	if err != nil {
		return fmt.Errorf("delete of nothing: %w", err)
	}
	return dynamoSame("old item of nothing", dynamoPlainItem(again.Attributes), nil)
}

func (p *dynamoProbe) showsItemOfFailure() error {
	u := dynamoUpdate{
		sort: "a", update: "SET n = :m", condition: "n = :n", values: dynamoFields{":n": 1, ":m": 2},
		onFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	_, err := p.update(u)
	failed, ok := errors.AsType[*types.ConditionalCheckFailedException](err)
	if !ok || failed.Item != nil {
		return fmt.Errorf("missing item: got %v with item %v", err, failed)
	}
	if err := p.put("a", dynamoFields{"n": 7, "other": "x"}); err != nil {
		return err
	}
	_, err = p.update(u)
	failed, ok = errors.AsType[*types.ConditionalCheckFailedException](err)
	if !ok {
		return fmt.Errorf("got %w", err)
	}
	if err := dynamoSame("item of the failure", dynamoBare(failed.Item), dynamoFields{"n": 7, "other": "x"}); err != nil {
		return err
	}
	u.onFailure = ""
	_, err = p.update(u)
	if failed, ok = errors.AsType[*types.ConditionalCheckFailedException](err); !ok || failed.Item != nil {
		return fmt.Errorf("not asked for: got %w with item %v", err, failed)
	}
	return nil
}

func (p *dynamoProbe) refusesReturnValues() error {
	for _, v := range []types.ReturnValue{types.ReturnValueAllNew, types.ReturnValueUpdatedNew, types.ReturnValueUpdatedOld, "none", "DOG"} {
		_, err := p.PutItem(p.ctx, &dynamodb.PutItemInput{TableName: &p.table, Item: p.key("a"), ReturnValues: v})
		if err := dynamoInvalid("put with "+string(v), err, ""); err != nil {
			return err
		}
		_, err = p.DeleteItem(p.ctx, &dynamodb.DeleteItemInput{TableName: &p.table, Key: p.key("a"), ReturnValues: v})
		if err := dynamoInvalid("delete with "+string(v), err, ""); err != nil {
			return err
		}
	}
	_, err := p.UpdateItem(p.ctx, &dynamodb.UpdateItemInput{TableName: &p.table, Key: p.key("a"), ReturnValues: "DOG"})
	return dynamoInvalid("update with DOG", err, "")
}

func (p *dynamoProbe) refusesKeys() error {
	for what, key := range map[string]dynamoFields{
		"no sort key":        {dynamoHash: p.scope},
		"a number for text":  {dynamoHash: p.scope, dynamoRange: 1},
		"one key too many":   {dynamoHash: p.scope, dynamoRange: "a", "x": "y"},
		"another attribute":  {dynamoHash: p.scope, "x": "y"},
		"an empty sort key":  {dynamoHash: p.scope, dynamoRange: ""},
		"an empty partition": {dynamoHash: "", dynamoRange: "a"},
		"a long sort key":    {dynamoHash: p.scope, dynamoRange: strings.Repeat("x", 1025)},
		"a long partition":   {dynamoHash: strings.Repeat("x", 2049), dynamoRange: "a"},
	} {
		_, err := p.GetItem(p.ctx, &dynamodb.GetItemInput{TableName: &p.table, Key: dynamoItem(key)})
		if err := dynamoInvalid("get with "+what, err, ""); err != nil {
			return err
		}
		_, err = p.UpdateItem(p.ctx, &dynamodb.UpdateItemInput{TableName: &p.table, Key: dynamoItem(key)})
		if err := dynamoInvalid("update with "+what, err, ""); err != nil {
			return err
		}
		if what == "one key too many" {
			continue // it is an item
		}
		_, err = p.PutItem(p.ctx, &dynamodb.PutItemInput{TableName: &p.table, Item: dynamoItem(key)})
		if err := dynamoInvalid("put with "+what, err, ""); err != nil {
			return err
		}
	}
	longest := dynamoItem(dynamoFields{dynamoHash: p.scope + strings.Repeat("x", 2048-len(p.scope)), dynamoRange: strings.Repeat("x", 1024)})
	_, err := p.PutItem(p.ctx, &dynamodb.PutItemInput{TableName: &p.table, Item: longest})
	return err
}

// filler is a value that makes an item "a" with this one attribute, named f, exactly size bytes large.
func (p *dynamoProbe) filler(size int) string {
	return strings.Repeat("x", size-len(dynamoHash)-len(p.scope)-len(dynamoRange)-len("a")-len("f"))
}

const dynamoMaxItem = 400 << 10

func (p *dynamoProbe) limitsItems() error {
	if err := p.put("a", dynamoFields{"f": p.filler(dynamoMaxItem)}); err != nil {
		return fmt.Errorf("item of 400 KB: %w", err)
	}
	err := p.put("a", dynamoFields{"f": p.filler(dynamoMaxItem + 1)})
	return dynamoInvalid("item of 400 KB and a byte", err, "Item size has exceeded the maximum allowed size")
}

func (p *dynamoProbe) limitsUpdates() error {
	if err := p.put("a", dynamoFields{"f": p.filler(dynamoMaxItem - 10)}); err != nil {
		return err
	}
	_, err := p.update(dynamoUpdate{sort: "a", update: "SET g = :g", values: dynamoFields{":g": strings.Repeat("x", 100)}})
	if err := dynamoInvalid("update", err, "Item size to update has exceeded the maximum allowed size"); err != nil {
		return err
	}
	return p.expect("a", dynamoFields{"f": p.filler(dynamoMaxItem - 10)})
}
