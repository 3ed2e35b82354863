package dynamo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/streamrec/streamrec/worker/lease"
)

// ErrNoTable says that the lease table does not exist.
var ErrNoTable = errors.New("lease table does not exist")

// Check returns nil when the table exists, is ACTIVE and has the right key, and ErrNoTable when it does not exist.
// It waits while the table is being created.
func Check(ctx context.Context, client *dynamodb.Client, table string, sleep func(context.Context, time.Duration) error) error {
	for {
		out, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &table})
		if _, absent := errors.AsType[*types.ResourceNotFoundException](err); absent {
			return ErrNoTable
		}
		if err != nil {
			return fmt.Errorf("describe table %s: %w", table, classify(err, err))
		}
		if err := checkKey(out.Table); err != nil {
			return err
		}
		switch out.Table.TableStatus {
		case types.TableStatusActive, types.TableStatusUpdating:
			return nil
		case types.TableStatusCreating:
			if err := sleep(ctx, 200*time.Millisecond); err != nil {
				return err
			}
		default:
			return fmt.Errorf("table %s is %s: %w", table, out.Table.TableStatus, lease.ErrRefused)
		}
	}
}

func checkKey(t *types.TableDescription) error {
	names := map[types.KeyType]string{}
	for _, k := range t.KeySchema {
		names[k.KeyType] = *k.AttributeName
	}
	if names[types.KeyTypeHash] != "scope" || names[types.KeyTypeRange] != "leaseKey" {
		return fmt.Errorf("table %s has the key (%s, %s) and not (scope, leaseKey): it belongs to something else: %w",
			*t.TableName, names[types.KeyTypeHash], names[types.KeyTypeRange], lease.ErrRefused)
	}
	return nil
}

// Create creates the table with on-demand billing. A table that somebody else is creating at the same time is no error.
func Create(ctx context.Context, client *dynamodb.Client, table string) error {
	_, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: &table, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: new("scope"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: new("leaseKey"), AttributeType: types.ScalarAttributeTypeS},
		},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: new("scope"), KeyType: types.KeyTypeHash}, {AttributeName: new("leaseKey"), KeyType: types.KeyTypeRange},
		},
	})
	if _, exists := errors.AsType[*types.ResourceInUseException](err); exists {
		return nil
	}
	return wrap("create table", table, classify(err, err))
}
