package conformance

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// dynamoLegacyChecks are the parameters that expressions have replaced.
func dynamoLegacyChecks() []dynamoCheck {
	return []dynamoCheck{
		{"legacy Expected on PutItem", (*dynamoProbe).putsExpected},
		{"legacy AttributeUpdates + Expected on UpdateItem", (*dynamoProbe).updatesExpected},
	}
}

func (p *dynamoProbe) putsExpected() error {
	put := func() error {
		_, err := p.PutItem(p.ctx, &dynamodb.PutItemInput{
			TableName: &p.table, Item: p.key("a"), Expected: map[string]types.ExpectedAttributeValue{dynamoRange: {Exists: new(false)}},
		})
		return err
	}
	if err := put(); err != nil {
		return err
	}
	return dynamoConditionFailed("second put", put())
}

func (p *dynamoProbe) updatesExpected() error {
	if err := p.put("a", dynamoFields{"n": 1}); err != nil {
		return err
	}
	update := func() error {
		_, err := p.UpdateItem(p.ctx, &dynamodb.UpdateItemInput{
			TableName: &p.table, Key: p.key("a"),
			AttributeUpdates: map[string]types.AttributeValueUpdate{"n": {Action: types.AttributeActionPut, Value: dynamoValue(2)}},
			Expected:         map[string]types.ExpectedAttributeValue{"n": {Value: dynamoValue(1)}},
		})
		return err
	}
	if err := update(); err != nil {
		return err
	}
	if err := dynamoConditionFailed("second update", update()); err != nil {
		return err
	}
	return p.expect("a", dynamoFields{"n": 2})
}
