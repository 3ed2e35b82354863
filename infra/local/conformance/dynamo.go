package conformance

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// dynamoCheck is a claim about DynamoDB.
type dynamoCheck = check[*dynamoProbe]

// dynamoChecks lists all of them.
//
// Nothing checks that time to live deletes: the real service may take days, so no client can depend on it.
func dynamoChecks() []dynamoCheck {
	return slices.Concat(
		dynamoTableChecks(), dynamoSettingChecks(), dynamoItemChecks(), dynamoValueChecks(), dynamoConditionChecks(), dynamoUpdateChecks(),
		dynamoRefusalChecks(), dynamoQueryChecks(), dynamoScanChecks(), dynamoBatchChecks(), dynamoTransactionChecks(), dynamoCapacityChecks(),
		dynamoLeaseChecks(), dynamoRaceChecks(), dynamoLegacyChecks(),
	)
}

// Dynamo runs every check against a DynamoDB. Most work on items of their own in one table, which is made first and deleted at
// the end.
func Dynamo(t *testing.T, target Target[*dynamodb.Client]) {
	t.Helper()
	hold(t, suite[*dynamoProbe]{service: "dynamodb", checks: dynamoChecks(), probe: newDynamoTable(t, target.Client).probe}, target)
}
