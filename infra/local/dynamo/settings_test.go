package dynamo_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/infra/local/dynamo"
)

// settingsStep is a request with its status and a part of its answer.
type settingsStep struct {
	operation, body string
	status          int
	part            string
}

func runSteps(t *testing.T, s *dynamo.Service, steps []settingsStep) {
	t.Helper()
	for _, step := range steps {
		response, answer := send(t, s, step.operation, step.body)
		if response.StatusCode != step.status || !strings.Contains(fmt.Sprint(answer), step.part) {
			t.Errorf("%s %.200s:\n got %d %v\nwant %d with %q", step.operation, step.body, response.StatusCode, answer, step.status, step.part)
		}
	}
}

const leasesARN = "arn:aws:dynamodb:us-east-1:000000000000:table/leases"

func TestTimeToLiveSetting(t *testing.T) {
	s := open(t, dynamo.Options{})
	createTable(t, clientOf(s), "S")
	set := func(attribute string, enabled bool) string {
		return fmt.Sprintf(`{"TableName":"leases","TimeToLiveSpecification":{"AttributeName":%q,"Enabled":%v}}`, attribute, enabled)
	}
	runSteps(t, s, []settingsStep{
		{"DescribeTimeToLive", `{"TableName":"leases"}`, 200, "map[TimeToLiveStatus:DISABLED]"},
		{"UpdateTimeToLive", set("", true), 400, "attributeName"},
		{"UpdateTimeToLive", set(strings.Repeat("x", 256), true), 400, "less than or equal to 255"},
		{"UpdateTimeToLive", set("e", true), 200, "AttributeName:e Enabled:true"},
		{"DescribeTimeToLive", `{"TableName":"leases"}`, 200, "map[AttributeName:e TimeToLiveStatus:ENABLED]"},
		{"UpdateTimeToLive", set("other", false), 400, "current AttributeName is e"},
		{"UpdateTimeToLive", set("e", false), 200, "Enabled:false"},
		{"DescribeTimeToLive", `{"TableName":"leases"}`, 200, "map[TimeToLiveStatus:DISABLED]"},
		{"DescribeTimeToLive", `{"TableName":"other"}`, 400, "ResourceNotFoundException"},
	})
}

// TestRecoverySetting follows the window in which a table could be restored.
func TestRecoverySetting(t *testing.T) {
	now := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	s := open(t, dynamo.Options{Now: func() time.Time { return now }})
	createTable(t, clientOf(s), "S")
	set := func(rest string) string {
		return `{"TableName":"leases","PointInTimeRecoverySpecification":{"PointInTimeRecoveryEnabled":` + rest + `}}`
	}
	window := func(from, to time.Time, days int) string {
		return fmt.Sprintf("map[EarliestRestorableDateTime:%v LatestRestorableDateTime:%v PointInTimeRecoveryStatus:ENABLED RecoveryPeriodInDays:%d]",
			float64(from.Unix()), float64(to.Unix()), days)
	}
	begun := now
	runSteps(t, s, []settingsStep{
		{"DescribeContinuousBackups", `{"TableName":"leases"}`, 200, "map[PointInTimeRecoveryStatus:DISABLED]"},
		{"UpdateContinuousBackups", set(`true,"RecoveryPeriodInDays":36`), 400, "less than or equal to 35"},
		{"UpdateContinuousBackups", set(`true,"RecoveryPeriodInDays":0`), 400, "greater than or equal to 1"},
		{"UpdateContinuousBackups", set(`true`), 200, window(begun, begun, 35)},
	})
	now = now.AddDate(0, 0, 10)
	runSteps(t, s, []settingsStep{
		{"UpdateContinuousBackups", set(`true`), 200, window(begun, now, 35)},
		{"UpdateContinuousBackups", set(`true,"RecoveryPeriodInDays":7`), 200, window(now.AddDate(0, 0, -7), now, 7)},
		{"UpdateContinuousBackups", set(`false`), 200, "map[PointInTimeRecoveryStatus:DISABLED]"},
		{"UpdateContinuousBackups", set(`true`), 200, window(now, now, 35)},
		{"DescribeContinuousBackups", `{"TableName":"other"}`, 400, "ResourceNotFoundException"},
	})
}

func TestTagLimits(t *testing.T) {
	s := open(t, dynamo.Options{})
	createTable(t, clientOf(s), "S")
	tag := func(key, value string) string {
		return fmt.Sprintf(`{"ResourceArn":%q,"Tags":[{"Key":%q,"Value":%q}]}`, leasesARN, key, value)
	}
	for i := range 50 {
		if response, answer := send(t, s, "TagResource", tag(fmt.Sprint("k", i), "v")); response.StatusCode != http.StatusOK {
			t.Fatal(answer)
		}
	}
	runSteps(t, s, []settingsStep{
		{"TagResource", tag("one more", "v"), 400, "LimitExceededException"},
		{"TagResource", tag("k0", "changed"), 200, "map[]"},
		{"UntagResource", fmt.Sprintf(`{"ResourceArn":%q,"TagKeys":["k1","unknown"]}`, leasesARN), 200, "map[]"},
		{"TagResource", tag("one more", ""), 200, "map[]"},
		{"TagResource", tag("", "v"), 400, "tags.member.key"},
		{"TagResource", tag(strings.Repeat("x", 129), "v"), 400, "less than or equal to 128"},
		{"TagResource", tag("k0", strings.Repeat("x", 257)), 400, "less than or equal to 256"},
		{"ListTagsOfResource", fmt.Sprintf(`{"ResourceArn":%q}`, leasesARN), 200, "map[Key:k0 Value:changed]"},
		{"ListTagsOfResource", `{"ResourceArn":"` + leasesARN + `x"}`, 400, "ResourceNotFoundException"},
	})
}

func TestBillingAndProtection(t *testing.T) {
	now := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	s := open(t, dynamo.Options{Now: func() time.Time { return now }})
	create := func(rest string) string {
		return `{"TableName":"t.1","KeySchema":[{"AttributeName":"h","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"h","AttributeType":"B"}]` + rest + `}`
	}
	runSteps(t, s, []settingsStep{
		{"CreateTable", create(``), 400, "must both be specified when BillingMode is PROVISIONED"},
		{"CreateTable", create(`,"BillingMode":"FREE"`), 400, "billingMode"},
		{"CreateTable", create(`,"ProvisionedThroughput":{"ReadCapacityUnits":1}`), 400, "writeCapacityUnits"},
		{"CreateTable", create(`,"ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":2},"DeletionProtectionEnabled":true`), 200, "TableStatus:CREATING"},
		{"DescribeTable", `{"TableName":"t.1"}`, 200, "TableStatus:ACTIVE"},
		{"UpdateTable", `{"TableName":"t.1","BillingMode":"PAY_PER_REQUEST"}`, 200, "LastUpdateToPayPerRequestDateTime:" + fmt.Sprint(float64(now.Unix()))},
		{"UpdateTable", `{"TableName":"t.1","ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":2}}`, 400, "Neither"},
		{"DescribeTable", `{"TableName":"t.1"}`, 200, "ReadCapacityUnits:0"},
		{"DeleteTable", `{"TableName":"t.1"}`, 400, "protected against deletion"},
		{"UpdateTable", `{"TableName":"t.1","DeletionProtectionEnabled":false}`, 200, "DeletionProtectionEnabled:false"},
		{"DeleteTable", `{"TableName":"t.1"}`, 200, "TableStatus:DELETING"},
		{"DescribeTable", `{"TableName":"t.1"}`, 400, "ResourceNotFoundException"},
		{"CreateTable", create(`,"BillingMode":"PAY_PER_REQUEST"`), 200, "BillingMode:PAY_PER_REQUEST"},
	})
}

func TestListTablesPages(t *testing.T) {
	s := open(t, dynamo.Options{})
	for _, name := range []string{"ccc", "aaa", "bbb"} {
		send(t, s, "CreateTable", fmt.Sprintf(`{"TableName":%q,"BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"h","KeyType":"HASH"}],
			"AttributeDefinitions":[{"AttributeName":"h","AttributeType":"S"}]}`, name))
	}
	runSteps(t, s, []settingsStep{
		{"ListTables", `{}`, 200, "map[TableNames:[aaa bbb ccc]]"},
		{"ListTables", `{"Limit":2}`, 200, "map[LastEvaluatedTableName:bbb TableNames:[aaa bbb]]"},
		{"ListTables", `{"Limit":2,"ExclusiveStartTableName":"bbb"}`, 200, "map[TableNames:[ccc]]"},
		{"ListTables", `{"ExclusiveStartTableName":"abc"}`, 200, "map[TableNames:[bbb ccc]]"},
		{"ListTables", `{"Limit":3}`, 200, "map[TableNames:[aaa bbb ccc]]"},
		{"ListTables", `{"ExclusiveStartTableName":"zzz"}`, 200, "map[TableNames:[]]"},
	})
}

// TestDescriptionCountsItems follows item count and size through all ways of writing.
func TestDescriptionCountsItems(t *testing.T) {
	s := open(t, dynamo.Options{})
	createTable(t, clientOf(s), "S")
	keySize := len("scope") + 1 + len("leaseKey") + 1
	size := func(bytes int) settingsStep {
		return settingsStep{"DescribeTable", `{"TableName":"leases"}`, 200, fmt.Sprintf("TableSizeBytes:%d TableStatus", bytes)}
	}
	a, b := `{"scope":{"S":"x"},"leaseKey":{"S":"a"}`, `{"scope":{"S":"x"},"leaseKey":{"S":"b"}`
	runSteps(t, s, []settingsStep{
		size(0),
		{"PutItem", `{"TableName":"leases","Item":` + a + `,"f":{"S":"12345"}}}`, 200, ""},
		size(keySize + 6),
		{"PutItem", `{"TableName":"leases","Item":` + a + `,"f":{"S":"1"}}}`, 200, ""},
		size(keySize + 2),
		{"UpdateItem", `{"TableName":"leases","Key":` + b + `}}`, 200, ""},
		size(2*keySize + 2),
		{"BatchWriteItem", `{"RequestItems":{"leases":[{"DeleteRequest":{"Key":` + a + `}}}]}}`, 200, ""},
		size(keySize),
		{"DeleteItem", `{"TableName":"leases","Key":` + b + `}}`, 200, ""},
		{"DescribeTable", `{"TableName":"leases"}`, 200, "ItemCount:0"},
	})
}
