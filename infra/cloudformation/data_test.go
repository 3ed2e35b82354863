package cloudformation

import (
	"fmt"
	"reflect"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	infradynamo "github.com/streamrec/streamrec/infra/dynamo"
	"github.com/streamrec/streamrec/infra/local"
)

// TestTableIsTheOneThatWorkersCreate compares the template with a table that package dynamo has created.
func TestTableIsTheOneThatWorkersCreate(t *testing.T) {
	stack, err := local.New(local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stack.Close() }()
	client := dynamodb.NewFromConfig(stack.Config(""))
	if err := infradynamo.Create(t.Context(), client, "shop"); err != nil {
		t.Fatal(err)
	}
	out, err := client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("shop")})
	if err != nil {
		t.Fatal(err)
	}
	keys, attributes := map[string]string{}, map[string]string{}
	for _, k := range out.Table.KeySchema {
		keys[*k.AttributeName] = string(k.KeyType)
	}
	for _, a := range out.Table.AttributeDefinitions {
		attributes[*a.AttributeName] = string(a.AttributeType)
	}
	data := read(t, "data.yaml")
	if have := pairs(data.property("LeaseTable", "KeySchema"), "AttributeName", "KeyType"); !reflect.DeepEqual(have, keys) {
		t.Errorf("the template's key is %v, the worker's %v", have, keys)
	}
	if have := pairs(data.property("LeaseTable", "AttributeDefinitions"), "AttributeName", "AttributeType"); !reflect.DeepEqual(have, attributes) {
		t.Errorf("the template's attributes are %v, the worker's %v", have, attributes)
	}
	if have, want := data.property("LeaseTable", "BillingMode"), string(out.Table.BillingModeSummary.BillingMode); have != want {
		t.Errorf("the template bills %v, the worker %v", have, want)
	}
	if resolve(data.property("LeaseTable", "TableName"), values) != "shop" {
		t.Error("the table is not called like the application")
	}
}

// pairs reads a list of maps with two keys.
func pairs(list any, key, value string) map[string]string {
	out := map[string]string{}
	items, _ := list.([]any)
	for _, item := range items {
		out[fmt.Sprint(at(item, key))] = fmt.Sprint(at(item, value))
	}
	return out
}

// TestWhatMustNotGetLost holds what protects data.
func TestWhatMustNotGetLost(t *testing.T) {
	data := read(t, "data.yaml")
	for _, resource := range []string{"KinesisStream", "LeaseTable", "Bucket", "BucketPolicy", "PrivacyKey", "Repository"} {
		for _, policy := range []string{"DeletionPolicy", "UpdateReplacePolicy"} {
			if at(data["Resources"], resource, policy) != "Retain" {
				t.Errorf("%s goes with its stack: %s is %v", resource, policy, at(data["Resources"], resource, policy))
			}
		}
	}
	for _, c := range []struct {
		what string
		have any
		want any
	}{
		{"retention by default", at(data["Parameters"], "RetentionHours", "Default"), "24"},
		{"retention", data.property("KinesisStream", "RetentionPeriodHours"), map[string]any{"Ref": "RetentionHours"}},
		{"encryption of the stream", data.property("KinesisStream", "StreamEncryption", "EncryptionType"), "KMS"},
		{"deletion protection", data.property("LeaseTable", "DeletionProtectionEnabled"), "true"},
		{"point-in-time recovery", data.property("LeaseTable", "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"), "true"},
		{"versioning", data.property("Bucket", "VersioningConfiguration", "Status"), "Enabled"},
		{"public access", data.property("Bucket", "PublicAccessBlockConfiguration"), map[string]any{"BlockPublicAcls": "true", "BlockPublicPolicy": "true", "IgnorePublicAcls": "true", "RestrictPublicBuckets": "true"}},
		{"policy's bucket", data.property("BucketPolicy", "Bucket"), map[string]any{"Ref": "Bucket"}},
		{"name of the bucket", data.property("Bucket", "BucketName"), map[string]any{"Ref": "BucketName"}},
	} {
		if !reflect.DeepEqual(c.have, c.want) {
			t.Errorf("%s is %v, want %v", c.what, c.have, c.want)
		}
	}
}

// TestOnlyWhatIsDerivedExpires holds that no current object of the log ends by itself.
func TestOnlyWhatIsDerivedExpires(t *testing.T) {
	rules, _ := read(t, "data.yaml").property("Bucket", "LifecycleConfiguration", "Rules").([]any)
	expire := map[string]bool{}
	for _, r := range rules {
		if at(r, "ExpirationInDays") != nil {
			expire[fmt.Sprint(resolve(at(r, "Prefix"), values))] = true
		}
		for _, key := range []string{"ExpirationDate", "Transitions", "Transition", "NoncurrentVersionTransitions", "Expiration"} {
			if at(r, key) != nil {
				t.Errorf("rule %v has %s", at(r, "Id"), key)
			}
		}
	}
	if want := map[string]bool{"events/_model/": true, "events/_state/": true}; !reflect.DeepEqual(expire, want) {
		t.Errorf("objects below %v expire", expire)
	}
}

// TestThresholdsFollowTheRetention recomputes the mapping.
func TestThresholdsFollowTheRetention(t *testing.T) {
	data := read(t, "data.yaml")
	mapping, _ := at(data["Mappings"], "Retention").(map[string]any)
	allowed, _ := at(data["Parameters"], "RetentionHours", "AllowedValues").([]any)
	if len(mapping) != len(allowed) {
		t.Errorf("%d retentions are allowed, %d are mapped", len(allowed), len(mapping))
	}
	for _, hours := range allowed {
		h, err := strconv.Atoi(hours.(string))
		if err != nil {
			t.Fatal(err)
		}
		ms := h * 3600 * 1000
		want := map[string]any{
			"SnapshotDays": strconv.Itoa(h/24 + 2), "Warn": strconv.Itoa(ms / 100), "Page": strconv.Itoa(ms / 4), "Critical": strconv.Itoa(ms / 2),
		}
		if have := mapping[hours.(string)]; !reflect.DeepEqual(have, want) {
			t.Errorf("%d h: %v, want %v", h, have, want)
		}
	}
}
