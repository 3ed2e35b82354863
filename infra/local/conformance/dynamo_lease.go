package conformance

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// dynamoLeaseChecks are the writes of a table of leases, each in the form in which it is made.
func dynamoLeaseChecks() []dynamoCheck {
	return []dynamoCheck{
		{"lease: a free lease is taken once", (*dynamoProbe).takesLease},
		{"lease: a checkpoint is fenced by owner, counter and the position it replaces", (*dynamoProbe).checkpoints},
		{"lease: a hand-off moves the owner in one write and fences the old one", (*dynamoProbe).handsOff},
		{"lease: a release frees it and keeps the counter", (*dynamoProbe).releases},
		{"lease: a lost answer is resolved by a consistent read", (*dynamoProbe).resolvesAnswer},
		{"heartbeat: SET counter, REMOVE inbox, ALL_OLD reads and clears the inbox", (*dynamoProbe).beats},
		{"heartbeat: a row that is gone is not made again", (*dynamoProbe).missesBeat},
		{"worker: a dead row is deleted only if its counter stands", (*dynamoProbe).buriesWorker},
		{"plan: a number is used once", (*dynamoProbe).plansOnce},
	}
}

// lease makes a lease row without an owner.
func (p *dynamoProbe) lease(sort string, counter int) error {
	return p.put(sort, dynamoFields{
		"leaseCounter": counter, "checkpoint": dynamoFields{"type": "TRIM_HORIZON", "value": ""}, "parentShardIds": dynamoTexts{"shard-0"},
	})
}

// take is the acquisition of a lease that was seen without an owner.
func (p *dynamoProbe) take(sort, worker string, seen int) (*dynamodb.UpdateItemOutput, error) {
	return p.update(dynamoUpdate{
		sort: sort, update: "SET leaseOwner = :me, leaseCounter = leaseCounter + :one",
		condition: "attribute_exists(leaseKey) AND attribute_not_exists(leaseOwner) AND leaseCounter = :seen",
		values:    dynamoFields{":me": worker, ":one": 1, ":seen": seen}, returns: types.ReturnValueAllNew,
		onFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
}

func (p *dynamoProbe) takesLease() error {
	if err := p.lease("shard-1", 3); err != nil {
		return err
	}
	out, err := p.take("shard-1", "w1", 3)
	if err != nil {
		return err
	}
	taken := dynamoBare(out.Attributes)
	if taken["leaseOwner"] != "w1" || taken["leaseCounter"] != dynamoNumber("4") {
		return fmt.Errorf("taken: %v", taken)
	}
	for _, seen := range []int{3, 4} {
		_, err = p.take("shard-1", "w2", seen)
		if err := dynamoConditionFailed(fmt.Sprintf("take having seen %d", seen), err); err != nil {
			return err
		}
	}
	_, err = p.take("shard-none", "w2", 0)
	return errors.Join(dynamoConditionFailed("take of a row that does not exist", err), p.expect("shard-none", nil))
}

// checkpoint writes a position over another one.
func (p *dynamoProbe) checkpoint(worker string, counter int, old, position dynamoFields) error {
	_, err := p.update(dynamoUpdate{
		sort: "shard-1", update: "SET checkpoint = :new",
		condition: "leaseOwner = :me AND leaseCounter = :counter AND checkpoint.#type = :type AND checkpoint.#value = :value",
		names:     map[string]string{"#type": "type", "#value": "value"},
		values:    dynamoFields{":me": worker, ":counter": counter, ":type": old["type"], ":value": old["value"], ":new": position},
	})
	return err
}

func dynamoPosition(value string) dynamoFields {
	return dynamoFields{"type": "AFTER_SEQUENCE_NUMBER", "value": value}
}

func (p *dynamoProbe) checkpoints() error {
	if err := p.lease("shard-1", 3); err != nil {
		return err
	}
	if _, err := p.take("shard-1", "w1", 3); err != nil {
		return err
	}
	start := dynamoFields{"value": "", "type": "TRIM_HORIZON"}
	if err := p.checkpoint("w1", 4, start, dynamoPosition("100")); err != nil {
		return err
	}
	for what, err := range map[string]error{
		"of another owner":         p.checkpoint("w2", 4, dynamoPosition("100"), dynamoPosition("200")),
		"of an old term":           p.checkpoint("w1", 3, dynamoPosition("100"), dynamoPosition("200")),
		"over another position":    p.checkpoint("w1", 4, dynamoPosition("99"), dynamoPosition("200")),
		"over the position before": p.checkpoint("w1", 4, start, dynamoPosition("200")),
		"over another type":        p.checkpoint("w1", 4, dynamoFields{"type": "AT", "value": "100"}, dynamoPosition("200")),
	} {
		if err := dynamoConditionFailed("checkpoint "+what, err); err != nil {
			return err
		}
	}
	row, err := p.get("shard-1")
	if err != nil {
		return err
	}
	return dynamoEqual("checkpoint", fmt.Sprint(row["checkpoint"]), fmt.Sprint(dynamoPosition("100")))
}

func (p *dynamoProbe) handsOff() error {
	if err := p.lease("shard-1", 3); err != nil {
		return err
	}
	if _, err := p.take("shard-1", "w1", 3); err != nil {
		return err
	}
	handOff := func(from, to string, counter int) error {
		_, err := p.update(dynamoUpdate{
			sort: "shard-1", update: "SET leaseOwner = :to, leaseCounter = :next", condition: "leaseOwner = :from AND leaseCounter = :counter",
			values: dynamoFields{":from": from, ":to": to, ":counter": counter, ":next": counter + 1},
		})
		return err
	}
	if err := handOff("w1", "w2", 4); err != nil {
		return err
	}
	old := dynamoFields{"type": "TRIM_HORIZON", "value": ""}
	if err := errors.Join(
		dynamoConditionFailed("second hand-off", handOff("w1", "w3", 4)),
		dynamoConditionFailed("checkpoint of the old owner", p.checkpoint("w1", 4, old, dynamoPosition("1"))),
		p.checkpoint("w2", 5, old, dynamoPosition("1")),
	); err != nil {
		return err
	}
	row, err := p.get("shard-1")
	if err != nil {
		return err
	}
	return errors.Join(dynamoEqual("owner", row["leaseOwner"], any("w2")), dynamoEqual("counter", row["leaseCounter"], any(dynamoNumber("5"))))
}

func (p *dynamoProbe) releases() error {
	if err := p.lease("shard-1", 3); err != nil {
		return err
	}
	if _, err := p.take("shard-1", "w1", 3); err != nil {
		return err
	}
	release := dynamoUpdate{
		sort: "shard-1", update: "SET leaseCounter = :next REMOVE leaseOwner", condition: "leaseOwner = :me AND leaseCounter = :counter",
		values: dynamoFields{":me": "w1", ":counter": 4, ":next": 5},
	}
	if _, err := p.update(release); err != nil {
		return err
	}
	_, err := p.update(release)
	if err := dynamoConditionFailed("second release", err); err != nil {
		return err
	}
	out, err := p.take("shard-1", "w1", 5)
	if err != nil {
		return err
	}
	return dynamoEqual("counter", dynamoPlain(out.Attributes["leaseCounter"]), any(dynamoNumber("6")))
}

// resolvesAnswer repeats a take whose answer was lost: the condition fails, and the item says that it was oneself.
func (p *dynamoProbe) resolvesAnswer() error {
	if err := p.lease("shard-1", 3); err != nil {
		return err
	}
	if _, err := p.take("shard-1", "w1", 3); err != nil { // the answer that is lost
		return err
	}
	_, err := p.take("shard-1", "w1", 3)
	if err := dynamoConditionFailed("the same take again", err); err != nil {
		return err
	}
	row, err := p.get("shard-1")
	if err != nil {
		return err
	}
	return errors.Join(dynamoEqual("owner", row["leaseOwner"], any("w1")), dynamoEqual("counter", row["leaseCounter"], any(dynamoNumber("4"))))
}

func (p *dynamoProbe) plansOnce() error {
	plan := func(number, generation int) error {
		item := p.key("plan")
		for name, v := range dynamoItem(dynamoFields{"number": number, "generation": generation, "positions": dynamoFields{"shard-1": "100"}}) {
			item[name] = v
		}
		_, err := p.PutItem(p.ctx, &dynamodb.PutItemInput{
			TableName: &p.table, Item: item, ConditionExpression: new("attribute_not_exists(leaseKey) OR #number = :before"),
			ExpressionAttributeNames:  map[string]string{"#number": "number"},
			ExpressionAttributeValues: dynamoItem(dynamoFields{":before": number - 1}),
		})
		return err
	}
	if err := errors.Join(plan(1, 11), plan(2, 12)); err != nil {
		return err
	}
	if err := errors.Join(dynamoConditionFailed("plan 2 again", plan(2, 99)), dynamoConditionFailed("plan 4", plan(4, 99))); err != nil {
		return err
	}
	return p.expect("plan", dynamoFields{"number": 2, "generation": 12, "positions": dynamoFields{"shard-1": "100"}})
}
