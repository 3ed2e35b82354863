package conformance

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func dynamoRefusalChecks() []dynamoCheck {
	return []dynamoCheck{
		{"placeholders that are unused, undefined, malformed or without an expression are refused", (*dynamoProbe).refusesPlaceholders},
		{"unused placeholders are refused even when the condition would fail", (*dynamoProbe).refusesUnusedFirst},
		{"empty expressions are refused", (*dynamoProbe).refusesEmpty},
		{"unknown ReturnConsumedCapacity is refused", (*dynamoProbe).refusesCapacityOption},
	}
}

func (p *dynamoProbe) refusesPlaceholders() error {
	for _, c := range []struct {
		what   string
		names  map[string]string
		values dynamoFields
		part   string
	}{
		{"unused value", nil, dynamoFields{":v": 1, ":w": 2}, "Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}"},
		{"unused name", map[string]string{"#w": "w"}, dynamoFields{":v": 1}, "Value provided in ExpressionAttributeNames unused in expressions: keys: {#w}"},
		{"bad value key", nil, dynamoFields{":v": 1, "w": 2}, `ExpressionAttributeValues contains invalid key: Syntax error; key: "w"`},
		{"bad name key", map[string]string{"w": "w"}, dynamoFields{":v": 1}, `ExpressionAttributeNames contains invalid key: Syntax error; key: "w"`},
		{"no values", nil, dynamoFields{}, "ExpressionAttributeValues must not be empty"},
		{"no names", map[string]string{}, dynamoFields{":v": 1}, "ExpressionAttributeNames must not be empty"},
		{
			"bad value", nil,
			dynamoFields{":v": dynamoNumber("dog")},
			"ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a numeric value: dog for key :v",
		},
	} {
		_, err := p.update(dynamoUpdate{sort: "a", update: "SET a = :v", names: c.names, values: c.values})
		if err := dynamoInvalid(c.what, err, c.part); err != nil {
			return err
		}
	}
	_, err := p.update(dynamoUpdate{sort: "a", values: dynamoFields{":v": 1}})
	if err := dynamoInvalid("values alone", err, "ExpressionAttributeValues can only be specified when using expressions"); err != nil {
		return err
	}
	_, err = p.update(dynamoUpdate{sort: "a", names: map[string]string{"#n": "n"}})
	return dynamoInvalid("names alone", err, "ExpressionAttributeNames can only be specified when using expressions")
}

func (p *dynamoProbe) refusesUnusedFirst() error {
	_, err := p.update(dynamoUpdate{
		sort: "a", update: "SET a = :v", condition: "attribute_exists(a)", values: dynamoFields{":v": 1, ":w": 2},
	})
	return dynamoInvalid("update", err, "unused in expressions: keys: {:w}")
}

func (p *dynamoProbe) refusesEmpty() error {
	empty := new("")
	_, err := p.UpdateItem(p.ctx, &dynamodb.UpdateItemInput{TableName: &p.table, Key: p.key("a"), UpdateExpression: empty})
	if err := dynamoInvalid("update", err, "Invalid UpdateExpression: The expression can not be empty;"); err != nil {
		return err
	}
	_, err = p.PutItem(p.ctx, &dynamodb.PutItemInput{TableName: &p.table, Item: p.key("a"), ConditionExpression: empty})
	if err := dynamoInvalid("put", err, "Invalid ConditionExpression: The expression can not be empty;"); err != nil {
		return err
	}
	_, err = p.Query(p.ctx, &dynamodb.QueryInput{TableName: &p.table, KeyConditionExpression: empty})
	if err := dynamoInvalid("query", err, "The expression can not be empty;"); err != nil {
		return err
	}
	_, err = p.GetItem(p.ctx, &dynamodb.GetItemInput{TableName: &p.table, Key: p.key("a"), ProjectionExpression: empty})
	return dynamoInvalid("get", err, "Invalid ProjectionExpression: The expression can not be empty;")
}

func (p *dynamoProbe) refusesCapacityOption() error {
	for _, option := range []types.ReturnConsumedCapacity{"DOG", "total"} {
		_, err := p.GetItem(p.ctx, &dynamodb.GetItemInput{TableName: &p.table, Key: p.key("a"), ReturnConsumedCapacity: option})
		if err := dynamoInvalid(fmt.Sprintf("get with %s", option), err, "returnConsumedCapacity"); err != nil {
			return err
		}
	}
	return nil
}
