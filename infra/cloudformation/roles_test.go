package cloudformation

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/streamrec/streamrec/infra/iam"
)

var update = flag.Bool("update", false, "write roles.yaml")

var names = iam.Names{Partition: "aws", Region: "eu-north-1", Account: "111122223333", Stream: "clicks", Table: "shop", Bucket: "shop-log", Prefix: "events"}

// values are names as the templates call them.
var values = map[string]string{
	"AWS::Partition": names.Partition, "AWS::Region": names.Region, "AWS::AccountId": names.Account,
	"Stream": names.Stream, "Application": names.Table, "Bucket": names.Bucket, "Prefix": names.Prefix,
}

// roles is roles.yaml: each file of infra/iam, but for the bucket's, as a managed policy, and as an export.
func roles(t *testing.T) string {
	t.Helper()
	inTemplate := strings.NewReplacer("${Partition}", "${AWS::Partition}", "${Region}", "${AWS::Region}", "${Account}", "${AWS::AccountId}", "${Table}", "${Application}")
	var b, outputs bytes.Buffer
	b.WriteString(`# Generated from infra/iam: go test ./infra/cloudformation -run Roles -update
AWSTemplateFormatVersion: "2010-09-09"
Description: >-
  streamrec: what each role may do, as managed policies to attach to the roles and users that run the commands; see infra/iam/README.md. After data.yaml.
Parameters:
  Application: {Type: String, Description: The one of data.yaml}
  Stream: {Type: String, Description: The one of data.yaml}
  Bucket: {Type: String, Description: BucketName of data.yaml}
  Prefix: {Type: String, Default: events, Description: The one of data.yaml}
Resources:
`)
	for _, file := range iam.Files() {
		if file == iam.BucketPolicy {
			continue
		}
		source, err := iam.Source(file)
		if err != nil {
			t.Fatal(err)
		}
		var document any
		if err := json.Unmarshal([]byte(inTemplate.Replace(source)), &document); err != nil {
			t.Fatal(err)
		}
		text, err := json.MarshalIndent(substituted(document), "      ", "  ")
		if err != nil {
			t.Fatal(err)
		}
		id := strings.ToUpper(file[:1]) + file[1:]
		fmt.Fprintf(&b, "  %s:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      Description: %s of streamrec\n      PolicyDocument:\n        %s\n", id, file, bytes.ReplaceAll(text, []byte("\n"), []byte("\n  ")))
		fmt.Fprintf(&outputs, "  %s:\n    Value: {Ref: %s}\n    Export: {Name: {\"Fn::Sub\": \"${Application}-%s-policy\"}}\n", id, id, file)
	}
	return b.String() + "Outputs:\n" + outputs.String()
}

// substituted wraps what has a placeholder.
func substituted(v any) any {
	switch v := v.(type) {
	case string:
		if strings.Contains(v, "${") {
			return map[string]any{"Fn::Sub": v}
		}
	case []any:
		for i := range v {
			v[i] = substituted(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = substituted(v[key])
		}
	}
	return v
}

func TestRolesAreCurrent(t *testing.T) {
	if *update {
		if err := os.WriteFile("roles.yaml", []byte(roles(t)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile("roles.yaml")
	if err != nil || string(text) != roles(t) {
		t.Errorf("roles.yaml is not what infra/iam says (%v): go test ./infra/cloudformation -run Roles -update", err)
	}
}

// same compares a document in a template with a file of infra/iam, statement by statement.
func same(t *testing.T, document any, file string) {
	t.Helper()
	text, err := json.Marshal(resolve(document, values))
	if err != nil {
		t.Fatal(err)
	}
	have, err := iam.Parse(string(text))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	want, err := iam.Load(file, names)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(have, want) {
		t.Errorf("the template has another policy than %s.json:\n%+v\n%+v", file, have, want)
	}
}

// TestPoliciesAreThoseOfTheFiles reads the templates as CloudFormation does.
func TestPoliciesAreThoseOfTheFiles(t *testing.T) {
	r := read(t, "roles.yaml")
	if have := len(r.ofType("AWS::IAM::ManagedPolicy")); have != len(iam.Files())-1 {
		t.Errorf("%d policies for %d files", have, len(iam.Files())-1)
	}
	for _, file := range iam.Files() {
		if file != iam.BucketPolicy {
			same(t, r.property(strings.ToUpper(file[:1])+file[1:], "PolicyDocument"), file)
		}
	}
	same(t, read(t, "data.yaml").property("BucketPolicy", "PolicyDocument"), iam.BucketPolicy)
}

// TestWorkersHaveNothingButTheirPolicy holds that the task gets the worker's policy and no other.
func TestWorkersHaveNothingButTheirPolicy(t *testing.T) {
	w := read(t, "workers.yaml")
	want := []any{map[string]any{"Fn::ImportValue": "shop-worker-policy"}}
	if have := resolve(w.property("TaskRole", "ManagedPolicyArns"), values); !reflect.DeepEqual(have, want) || w.property("TaskRole", "Policies") != nil {
		t.Errorf("the task's role has %v and %v", have, w.property("TaskRole", "Policies"))
	}
}
