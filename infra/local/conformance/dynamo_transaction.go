package conformance

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func dynamoTransactionChecks() []dynamoCheck {
	return []dynamoCheck{
		{"TransactWriteItems commit", (*dynamoProbe).commits},
		{"TransactWriteItems cancel: reasons, atomic", (*dynamoProbe).cancels},
		{"TransactWriteItems: a token makes it idempotent", (*dynamoProbe).commitsOnce},
		{"TransactWriteItems: one item twice is refused", (*dynamoProbe).refusesSameItem},
		{"TransactGetItems, BatchWrite, BatchGet", (*dynamoProbe).getsTogether},
	}
}

func (p *dynamoProbe) transact(token string, items ...types.TransactWriteItem) error {
	in := &dynamodb.TransactWriteItemsInput{TransactItems: items}
	if token != "" {
		in.ClientRequestToken = &token
	}
	_, err := p.TransactWriteItems(p.ctx, in)
	return err
}

func (p *dynamoProbe) transactPut(sort string, n int) types.TransactWriteItem {
	item := p.key(sort)
	item["n"] = dynamoValue(n)
	return types.TransactWriteItem{Put: &types.Put{TableName: &p.table, Item: item}}
}

// transactAdd adds 1 to n, if it is as expected.
func (p *dynamoProbe) transactAdd(sort string, expected int) types.TransactWriteItem {
	return types.TransactWriteItem{Update: &types.Update{
		TableName: &p.table, Key: p.key(sort), UpdateExpression: new("SET n = n + :one"), ConditionExpression: new("n = :n"),
		ExpressionAttributeValues:           dynamoItem(dynamoFields{":one": 1, ":n": expected}),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}}
}

func (p *dynamoProbe) transactCheck(sort, condition string) types.TransactWriteItem {
	return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: &p.table, Key: p.key(sort), ConditionExpression: &condition}}
}

func (p *dynamoProbe) transactDelete(sort string) types.TransactWriteItem {
	return types.TransactWriteItem{Delete: &types.Delete{TableName: &p.table, Key: p.key(sort)}}
}

func (p *dynamoProbe) commits() error {
	if err := errors.Join(p.put("counted", dynamoFields{"n": 1}), p.put("gone", nil), p.put("checked", nil)); err != nil {
		return err
	}
	if err := p.transact("", p.transactPut("made", 5), p.transactAdd("counted", 1), p.transactDelete("gone"),
		p.transactCheck("checked", "attribute_exists(leaseKey)")); err != nil {
		return err
	}
	return errors.Join(p.expect("made", dynamoFields{"n": 5}), p.expect("counted", dynamoFields{"n": 2}), p.expect("gone", nil), p.expect("checked", dynamoFields{}))
}

func (p *dynamoProbe) cancels() error {
	if err := p.put("counted", dynamoFields{"n": 1}); err != nil {
		return err
	}
	err := p.transact("", p.transactPut("made", 5), p.transactAdd("counted", 7), p.transactCheck("none", "attribute_exists(leaseKey)"))
	cancelled, ok := errors.AsType[*types.TransactionCanceledException](err)
	if !ok {
		return fmt.Errorf("got %w", err)
	}
	if !strings.Contains(cancelled.ErrorMessage(), "[None, ConditionalCheckFailed, ConditionalCheckFailed]") {
		return fmt.Errorf("message is %q", cancelled.ErrorMessage())
	}
	if err := dynamoEqual("reasons", len(cancelled.CancellationReasons), 3); err != nil {
		return err
	}
	for i, code := range []string{"None", "ConditionalCheckFailed", "ConditionalCheckFailed"} {
		if err := dynamoEqual("code", *cancelled.CancellationReasons[i].Code, code); err != nil {
			return err
		}
	}
	return errors.Join(
		dynamoSame("item of the reason", dynamoBare(cancelled.CancellationReasons[1].Item), dynamoFields{"n": 1}),
		p.expect("made", nil), p.expect("counted", dynamoFields{"n": 1}),
	)
}

func (p *dynamoProbe) commitsOnce() error {
	if err := p.put("counted", dynamoFields{"n": 1}); err != nil {
		return err
	}
	add := p.transactAdd("counted", 1)
	add.Update.ConditionExpression = new("n > :n")
	add.Update.ExpressionAttributeValues[":n"] = dynamoValue(0)
	token := rand.Text()
	for range 3 {
		if err := p.transact(token, add); err != nil {
			return err
		}
	}
	if err := p.expect("counted", dynamoFields{"n": 2}); err != nil {
		return err
	}
	err := p.transact(token, p.transactPut("other", 1))
	if err := dynamoRefused("another transaction with the token", err, "IdempotentParameterMismatchException", ""); err != nil {
		return err
	}
	if err := p.transact(rand.Text(), add); err != nil {
		return err
	}
	return p.expect("counted", dynamoFields{"n": 3})
}

func (p *dynamoProbe) refusesSameItem() error {
	err := p.transact("", p.transactPut("a", 1), p.transactDelete("a"))
	if err := dynamoInvalid("transaction", err, "Transaction request cannot include multiple operations on one item"); err != nil {
		return err
	}
	return p.expect("a", nil)
}

func (p *dynamoProbe) getsTogether() error {
	if err := p.writeBatch(p.batchPut("a", dynamoFields{"n": 1, "m": 2}), p.batchPut("b", dynamoFields{"n": 2})); err != nil {
		return err
	}
	batch, err := p.getBatch("a", "b")
	if err != nil {
		return err
	}
	if err := dynamoEqual("items of the batch", len(batch.Responses[p.table]), 2); err != nil {
		return err
	}
	get := func(sort string) types.TransactGetItem {
		return types.TransactGetItem{Get: &types.Get{TableName: &p.table, Key: p.key(sort), ProjectionExpression: new("n")}}
	}
	out, err := p.TransactGetItems(p.ctx, &dynamodb.TransactGetItemsInput{TransactItems: []types.TransactGetItem{get("b"), get("none"), get("a")}})
	if err != nil {
		return err
	}
	if err := dynamoEqual("responses", len(out.Responses), 3); err != nil {
		return err
	}
	return errors.Join(
		dynamoSame("b", dynamoPlainItem(out.Responses[0].Item), dynamoFields{"n": 2}),
		dynamoSame("none", dynamoPlainItem(out.Responses[1].Item), nil),
		dynamoSame("a", dynamoPlainItem(out.Responses[2].Item), dynamoFields{"n": 1}),
	)
}
