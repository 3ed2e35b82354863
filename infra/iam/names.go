package iam

import (
	"embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed *.json
var files embed.FS

// Names are what the placeholders in the files stand for.
type Names struct {
	Partition string // aws, aws-cn, …
	Region    string
	Account   string
	Stream    string
	Table     string
	Bucket    string
	Prefix    string // of the log in the bucket, without a slash at its ends, not empty
}

func (n Names) replacer() *strings.Replacer {
	return strings.NewReplacer("${Partition}", n.Partition, "${Region}", n.Region, "${Account}", n.Account,
		"${Stream}", n.Stream, "${Table}", n.Table, "${Bucket}", n.Bucket, "${Prefix}", n.Prefix)
}

// StreamARN is the stream's.
func (n Names) StreamARN() string { return n.arn("kinesis", "stream/"+n.Stream) }

// TableARN is that of the table, which need not be the lease table.
func (n Names) TableARN(table string) string { return n.arn("dynamodb", "table/"+table) }

func (n Names) arn(service, resource string) string {
	return strings.Join([]string{"arn", n.Partition, service, n.Region, n.Account, resource}, ":")
}

// ObjectARN is that of an object, or of the bucket itself when the key is empty.
func (n Names) ObjectARN(bucket, key string) string {
	arn := "arn:" + n.Partition + ":s3:::" + bucket
	if key != "" {
		arn += "/" + key
	}
	return arn
}

// Role is somebody who runs commands.
type Role struct {
	Name     string
	Commands []string // of streamrec, with the flags that make a difference
	Policies []string // names of files, without .json
}

// Roles are all roles.
var Roles = []Role{
	{"worker", []string{"worker --no-create-tables"}, []string{"worker"}},
	{"founder", []string{"worker"}, []string{"worker", "founder"}},
	{"producer", []string{"produce"}, []string{"producer"}},
	{"resharder", []string{"reshard"}, []string{"resharder"}},
	{"operator", []string{"reset", "erase"}, []string{"operator"}},
	{"replayer", []string{"replay start", "replay run", "replay status", "replay diff", "replay publish"}, []string{"replayer"}},
	{"dropper", []string{"replay drop"}, []string{"replayer", "dropper"}},
	{"reader", []string{"status", "audit", "deadletters", "recommend"}, []string{"reader"}},
	{"sweeper", []string{"audit --sweep-strays --execute"}, []string{"reader", "sweeper"}},
}

// RoleOf returns the role whose name an access key begins with, in any case: WORKER-1 is a worker. Empty: it has none.
func RoleOf(accessKey string) string {
	for _, role := range Roles {
		if len(accessKey) >= len(role.Name) && strings.EqualFold(accessKey[:len(role.Name)], role.Name) {
			return role.Name
		}
	}
	return ""
}

// AnyNames stand for all streams, tables, buckets and prefixes, for local services on which these are not known beforehand.
var AnyNames = Names{Partition: "aws", Region: "*", Account: "*", Stream: "*", Table: "*", Bucket: "*", Prefix: "*"}

// BucketPolicy is the file with the policy of the bucket.
const BucketPolicy = "bucket"

// Source returns a file as it is, with placeholders.
func Source(policy string) (string, error) {
	text, err := files.ReadFile(policy + ".json")
	if err != nil {
		return "", fmt.Errorf("read policy: %w", err)
	}
	return string(text), nil
}

// Files are the names of all files, without .json, in order.
func Files() (names []string) {
	entries, _ := files.ReadDir(".") // the files are part of the program
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".json"))
	}
	slices.Sort(names)
	return names
}

// Load returns a policy with the names in place of the placeholders.
func Load(policy string, n Names) (*Policy, error) {
	text, err := Source(policy)
	if err != nil {
		return nil, err
	}
	p, err := Parse(n.replacer().Replace(text))
	if err != nil {
		return nil, fmt.Errorf("%s.json: %w", policy, err)
	}
	return p, nil
}
