package conformance

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// beat is a worker's heartbeat. It returns the row as it was, without its key.
func (p *dynamoProbe) beat(worker string, counter int) (dynamoFields, error) {
	out, err := p.update(dynamoUpdate{
		sort: worker, update: "SET #counter = :counter REMOVE inbox", condition: "attribute_exists(leaseKey)",
		names: map[string]string{"#counter": "counter"}, values: dynamoFields{":counter": counter}, returns: types.ReturnValueAllOld,
	})
	if err != nil {
		return nil, err
	}
	return dynamoBare(out.Attributes), nil
}

// note puts a hint into a worker's inbox.
func (p *dynamoProbe) note(worker, text string) error {
	_, err := p.update(dynamoUpdate{
		sort: worker, update: "SET inbox = list_append(if_not_exists(inbox, :none), :notes)", condition: "attribute_exists(leaseKey)",
		values: dynamoFields{":none": []any{}, ":notes": []any{text}},
	})
	return err
}

func (p *dynamoProbe) beats() error {
	if err := p.put("w1", dynamoFields{"counter": 1}); err != nil {
		return err
	}
	if err := errors.Join(p.note("w1", "one"), p.note("w1", "two")); err != nil {
		return err
	}
	for _, want := range []dynamoFields{{"counter": 1, "inbox": []any{"one", "two"}}, {"counter": 2}} {
		next := want["counter"].(int) + 1
		old, err := p.beat("w1", next)
		if err != nil {
			return err
		}
		if err := dynamoSame("old row", old, want); err != nil {
			return err
		}
	}
	return p.expect("w1", dynamoFields{"counter": 3})
}

func (p *dynamoProbe) missesBeat() error {
	_, err := p.beat("w1", 5)
	return errors.Join(
		dynamoConditionFailed("heartbeat", err), dynamoConditionFailed("note", p.note("w1", "lost")), p.expect("w1", nil),
	)
}

func (p *dynamoProbe) buriesWorker() error {
	if err := p.put("w1", dynamoFields{"counter": 7}); err != nil {
		return err
	}
	bury := func(counter int) error {
		_, err := p.DeleteItem(p.ctx, &dynamodb.DeleteItemInput{
			TableName: &p.table, Key: p.key("w1"), ConditionExpression: new("#counter = :seen"),
			ExpressionAttributeNames: map[string]string{"#counter": "counter"}, ExpressionAttributeValues: dynamoItem(dynamoFields{":seen": counter}),
		})
		return err
	}
	if err := dynamoConditionFailed("burial of a worker that moved", bury(6)); err != nil {
		return err
	}
	if err := errors.Join(bury(7), p.expect("w1", nil)); err != nil {
		return err
	}
	return dynamoConditionFailed("second burial", bury(7))
}
