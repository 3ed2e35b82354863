package iam

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write README.md")

// readme is README.md.
func readme() string {
	var b strings.Builder
	b.WriteString(`# Who may do what

Generated: ` + "`go test ./infra/iam -run Readme -update`" + `. The policies are the files beside this one; package ` + "`iam`" + ` (doc.go) says how they are tested.
None of them has been used on AWS yet. ` + "`streamrec local --roles`" + ` refuses what they do not allow.

To use one without infra/cloudformation, put the names in place of the placeholders:

` + "```sh" + `
export Partition=aws Region=eu-north-1 Account=111122223333 Stream=clicks Table=shop Bucket=shop-log Prefix=events
envsubst < infra/iam/worker.json > worker.json
aws iam put-role-policy --role-name shop-worker --policy-name streamrec --policy-document file://worker.json
` + "```" + `

| role | commands of streamrec | policies |
|---|---|---|
`)
	for _, r := range Roles {
		fmt.Fprintf(&b, "| %s | `%s` | %s |\n", r.Name, strings.Join(r.Commands, "`, `"), strings.Join(r.Policies, ".json, ")+".json")
	}
	b.WriteString(`
Besides, each role is bound by bucket.json, as everybody is. Not covered by any role: a worker with
` + "`--dashboard-writes`" + ` needs kinesis:PutRecord; ` + "`streamrec evaluate`, `demo` and `local`" + ` need nothing of AWS. A prefix is needed: ` + "`--prefix ''`" + ` does not go with these files.
Objects of a superseded generation are removed with the sweeper's policy and the AWS CLI.

| |`)
	for _, r := range Roles {
		b.WriteString(" " + r.Name + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(Roles)) + "\n")
	for _, q := range questions {
		fmt.Fprintf(&b, "| %s: %s |", q.what, q.action)
		for _, r := range Roles {
			b.WriteString(map[bool]string{true: " yes |", false: " |"}[q.wants(r.Name)])
		}
		b.WriteString("\n")
	}
	b.WriteString("\n## What each statement allows\n\n| file | statement | actions | on | when |\n|---|---|---|---|---|\n")
	for _, file := range Files() {
		p, _ := Load(file, Names{"", "", "", "STREAM", "TABLE", "BUCKET", "PREFIX"})
		for _, s := range p.Statement {
			fmt.Fprintf(&b, "| %s | %s%s | %s | %s | %s |\n", file, denies(s), s.Sid, strings.Join(s.Action, ", "), resources(s), conditions(s))
		}
	}
	return b.String()
}

func denies(s Statement) string {
	if s.Effect == deny {
		return "DENY "
	}
	return ""
}

func resources(s Statement) string {
	text := strings.Join(s.Resource, ", ")
	if len(s.NotResource) > 0 {
		text = "all but " + strings.Join(s.NotResource, ", ")
	}
	return "`" + strings.NewReplacer("arn::s3:::", "", "arn::kinesis:::", "", "arn::dynamodb:::", "").Replace(text) + "`"
}

func conditions(s Statement) string {
	var all []string
	for operator, keys := range s.Condition {
		for key, values := range keys {
			all = append(all, fmt.Sprintf("%s %s %s", key, operator, strings.Join(values, "/")))
		}
	}
	slices.Sort(all)
	return strings.Join(all, "; ")
}

func TestReadmeIsCurrent(t *testing.T) {
	if *update {
		if err := os.WriteFile("README.md", []byte(readme()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile("README.md")
	if err != nil || string(text) != readme() {
		t.Errorf("README.md is not what the policies say (%v): go test ./infra/iam -run Readme -update", err)
	}
}
