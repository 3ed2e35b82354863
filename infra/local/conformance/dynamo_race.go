package conformance

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const (
	dynamoRacers = 16
	dynamoRounds = 30
)

func dynamoRaceChecks() []dynamoCheck {
	return []dynamoCheck{
		{"concurrent CAS: exactly one winner (30 rounds x16)", (*dynamoProbe).racesToSwap},
		{"concurrent PutItem attribute_not_exists: one winner", (*dynamoProbe).racesToPut},
		{"concurrent takes of a lease: one winner a round", (*dynamoProbe).racesToTake},
		{"concurrent ADD: no update is lost", (*dynamoProbe).racesToAdd},
		{"concurrent read and CAS: no update is lost", (*dynamoProbe).racesToIncrement},
		{"concurrent notes and heartbeats: every note is read once", (*dynamoProbe).racesToRead},
		{"concurrent hand-off and burial: one of them", (*dynamoProbe).racesToEnd},
		{"concurrent transactions keep their sum", (*dynamoProbe).racesToTransfer},
	}
}

// race runs racers at the same time and returns how many had no error; a failed condition is no error of the race.
func (p *dynamoProbe) race(run func(racer int) error) (winners int, err error) {
	var (
		group sync.WaitGroup
		won   atomic.Int64
		errs  = make([]error, dynamoRacers)
		start = make(chan struct{})
	)
	for racer := range dynamoRacers {
		group.Go(func() {
			<-start
			err := run(racer)
			if err == nil {
				won.Add(1)
			} else if dynamoConditionFailed("", err) != nil {
				errs[racer] = err
			}
		})
	}
	close(start)
	group.Wait()
	return int(won.Load()), errors.Join(errs...)
}

// rounds demands one winner in each of many races.
func (p *dynamoProbe) rounds(run func(round, racer int) error) error {
	for round := range dynamoRounds {
		winners, err := p.race(func(racer int) error { return run(round, racer) })
		if err != nil {
			return err
		}
		if winners != 1 {
			return fmt.Errorf("round %d: %d winners", round, winners)
		}
	}
	return nil
}

func (p *dynamoProbe) racesToSwap() error {
	if err := p.put("a", dynamoFields{"n": 0}); err != nil {
		return err
	}
	if err := p.rounds(func(round, racer int) error {
		_, err := p.update(dynamoUpdate{
			sort: "a", update: "SET n = :next, winner = :racer", condition: "n = :n",
			values: dynamoFields{":n": round, ":next": round + 1, ":racer": racer},
		})
		return err
	}); err != nil {
		return err
	}
	row, err := p.get("a")
	if err != nil {
		return err
	}
	return dynamoEqual("n", row["n"], any(dynamoNumber(fmt.Sprint(dynamoRounds))))
}

func (p *dynamoProbe) racesToPut() error {
	return p.rounds(func(round, racer int) error {
		item := p.key(fmt.Sprint(round))
		item["winner"] = dynamoValue(racer)
		_, err := p.PutItem(p.ctx, &dynamodb.PutItemInput{
			TableName: &p.table, Item: item, ConditionExpression: new("attribute_not_exists(leaseKey)"),
		})
		return err
	})
}

func (p *dynamoProbe) racesToTake() error {
	for round := range dynamoRounds {
		if err := p.lease(fmt.Sprint(round), 0); err != nil {
			return err
		}
	}
	return p.rounds(func(round, racer int) error {
		out, err := p.take(fmt.Sprint(round), fmt.Sprint("w", racer), 0)
		if err != nil {
			return err
		}
		return dynamoEqual("owner", dynamoPlain(out.Attributes["leaseOwner"]), any(fmt.Sprint("w", racer)))
	})
}

func (p *dynamoProbe) racesToAdd() error {
	if _, err := p.race(func(int) error {
		for range dynamoRounds {
			if _, err := p.update(dynamoUpdate{sort: "a", update: "ADD n :one", values: dynamoFields{":one": 1}}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	return p.expect("a", dynamoFields{"n": dynamoRacers * dynamoRounds})
}

func (p *dynamoProbe) racesToIncrement() error {
	if err := p.put("a", dynamoFields{"n": 0}); err != nil {
		return err
	}
	if _, err := p.race(func(int) error {
		for done := 0; done < 5; {
			row, err := p.get("a")
			if err != nil {
				return err
			}
			item := p.key("a")
			n := 0
			if _, err := fmt.Sscan(string(row["n"].(dynamoNumber)), &n); err != nil {
				return err
			}
			item["n"] = dynamoValue(n + 1)
			_, err = p.PutItem(p.ctx, &dynamodb.PutItemInput{
				TableName: &p.table, Item: item, ConditionExpression: new("n = :n"), ExpressionAttributeValues: dynamoItem(dynamoFields{":n": n}),
			})
			switch {
			case err == nil:
				done++
			case dynamoConditionFailed("", err) != nil:
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	return p.expect("a", dynamoFields{"n": dynamoRacers * 5})
}

// racesToRead lets all but one racer write notes while that one reads and clears the inbox.
func (p *dynamoProbe) racesToRead() error {
	if err := p.put("w1", dynamoFields{"counter": 0}); err != nil {
		return err
	}
	var writing atomic.Int64
	writing.Store(dynamoRacers - 1)
	seen := map[any]int{}
	read := func(counter int) error {
		row, err := p.beat("w1", counter)
		if err != nil {
			return err
		}
		notes, _ := row["inbox"].([]any)
		for _, note := range notes {
			seen[note]++
		}
		return nil
	}
	if _, err := p.race(func(racer int) error {
		if racer > 0 {
			defer writing.Add(-1)
			return p.writeNotes(racer)
		}
		for counter := 1; writing.Load() > 0; counter++ {
			if err := read(counter); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	if err := read(0); err != nil {
		return err
	}
	for note, times := range seen {
		if times != 1 {
			return fmt.Errorf("note %v was read %d times", note, times)
		}
	}
	return dynamoEqual("notes read", len(seen), (dynamoRacers-1)*dynamoRounds)
}

func (p *dynamoProbe) writeNotes(racer int) error {
	for i := range dynamoRounds {
		if err := p.note("w1", fmt.Sprint(racer, " ", i)); err != nil {
			return err
		}
	}
	return nil
}

// racesToEnd lets half of the racers delete a row and the others move its counter, both having seen the same counter.
func (p *dynamoProbe) racesToEnd() error {
	for round := range dynamoRounds {
		if err := p.put(fmt.Sprint(round), dynamoFields{"n": 1}); err != nil {
			return err
		}
	}
	return p.rounds(func(round, racer int) error {
		sort := fmt.Sprint(round)
		if racer%2 == 0 {
			_, err := p.update(dynamoUpdate{sort: sort, update: "SET n = :two", condition: "n = :one", values: dynamoFields{":one": 1, ":two": 2}})
			return err
		}
		_, err := p.DeleteItem(p.ctx, &dynamodb.DeleteItemInput{
			TableName: &p.table, Key: p.key(sort), ConditionExpression: new("n = :one"), ExpressionAttributeValues: dynamoItem(dynamoFields{":one": 1}),
		})
		return err
	})
}

const dynamoAccounts = 4

// racesToTransfer moves amounts between accounts in transactions while others read all accounts in one.
func (p *dynamoProbe) racesToTransfer() error {
	for i := range dynamoAccounts {
		if err := p.put(fmt.Sprint(i), dynamoFields{"n": 100}); err != nil {
			return err
		}
	}
	_, err := p.race(func(racer int) error {
		for i := range dynamoRounds {
			var err error
			if racer%4 == 0 {
				err = p.sumsAccounts()
			} else {
				err = p.transact("", p.transactMove(racer+i, -1), p.transactMove(racer+i+1+racer%3, 1))
			}
			if _, conflict := errors.AsType[*types.TransactionCanceledException](err); err != nil && !conflict {
				return err
			}
		}
		return nil
	})
	return errors.Join(err, p.sumsAccounts())
}

func (p *dynamoProbe) transactMove(account, amount int) types.TransactWriteItem {
	return types.TransactWriteItem{Update: &types.Update{
		TableName: &p.table, Key: p.key(fmt.Sprint(account % dynamoAccounts)), UpdateExpression: new("ADD n :amount"),
		ConditionExpression: new("n >= :least"), ExpressionAttributeValues: dynamoItem(dynamoFields{":amount": amount, ":least": 1}),
	}}
}

func (p *dynamoProbe) sumsAccounts() error {
	var gets []types.TransactGetItem
	for i := range dynamoAccounts {
		gets = append(gets, types.TransactGetItem{Get: &types.Get{TableName: &p.table, Key: p.key(fmt.Sprint(i))}})
	}
	out, err := p.TransactGetItems(p.ctx, &dynamodb.TransactGetItemsInput{TransactItems: gets})
	if err != nil {
		return err
	}
	sum := 0
	for _, r := range out.Responses {
		n := 0
		if _, err := fmt.Sscan(string(dynamoPlain(r.Item["n"]).(dynamoNumber)), &n); err != nil {
			return err
		}
		sum += n
	}
	return dynamoEqual("sum", sum, 100*dynamoAccounts)
}
