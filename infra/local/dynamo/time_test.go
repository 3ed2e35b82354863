package dynamo_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/streamrec/streamrec/infra/local/dynamo"
)

// TestTableIsCreatedOnFakeTime waits with the SDK's waiter for a table that takes 5 s, in a bubble.
func TestTableIsCreatedOnFakeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := dynamo.New(dynamo.Options{CreateDelay: 5 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		c := clientOf(s)
		createTable(t, c, types.ScalarAttributeTypeS)
		begun := time.Now()
		describe := &dynamodb.DescribeTableInput{TableName: new("leases")}
		out, err := c.DescribeTable(t.Context(), describe)
		if err != nil || out.Table.TableStatus != types.TableStatusCreating || !out.Table.CreationDateTime.Equal(begun) {
			t.Fatalf("at once: %v, %v", out, err)
		}
		_, err = c.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: new("leases"), Key: key("a")})
		if _, ok := errors.AsType[*types.ResourceNotFoundException](err); !ok {
			t.Errorf("get while CREATING: %v", err)
		}
		_, err = c.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: new("leases")})
		if _, ok := errors.AsType[*types.ResourceInUseException](err); !ok {
			t.Errorf("delete while CREATING: %v", err)
		}
		time.Sleep(5*time.Second - time.Nanosecond)
		if out, err = c.DescribeTable(t.Context(), describe); err != nil || out.Table.TableStatus != types.TableStatusCreating {
			t.Errorf("a moment before: %v, %v", out, err)
		}
		waiter := dynamodb.NewTableExistsWaiter(c, func(o *dynamodb.TableExistsWaiterOptions) { o.MinDelay = time.Second })
		if err := waiter.Wait(t.Context(), describe, time.Minute); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begun); took < 5*time.Second || took > time.Minute {
			t.Errorf("took %s", took)
		}
		shut(t, s)
	})
}

// TestRaceOnFakeTime lets workers that sleep and collide in a bubble take a lease: the clock moves on, so no lock is ever
// held while somebody waits.
func TestRaceOnFakeTime(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s, err := dynamo.New(dynamo.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		c := clientOf(s)
		createTable(t, c, types.ScalarAttributeTypeS)
		var group sync.WaitGroup
		var winners, losers atomic.Int64
		for worker := range 16 {
			group.Go(func() {
				for counter := range 20 {
					time.Sleep(time.Second)
					_, err := c.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
						TableName: new("leases"), Key: key("a"), UpdateExpression: new("SET leaseCounter = :next, leaseOwner = :me"),
						ConditionExpression:       new("attribute_not_exists(leaseKey) OR leaseCounter < :next"),
						ExpressionAttributeValues: item{":next": number(fmt.Sprint(counter + 1)), ":me": text(fmt.Sprint(worker))},
					})
					_, lost := errors.AsType[*types.ConditionalCheckFailedException](err)
					switch {
					case err == nil:
						winners.Add(1)
					case lost:
						losers.Add(1)
					default:
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		if winners.Load() != 20 || losers.Load() != 15*20 {
			t.Errorf("%d winners and %d losers in 20 rounds of 16", winners.Load(), losers.Load())
		}
		shut(t, s)
	})
}
