package iam

import (
	"cmp"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

var testNames = Names{Partition: "aws", Region: "eu-north-1", Account: "111122223333", Stream: "clicks", Table: "shop", Bucket: "shop-log", Prefix: "events"}

// question is a line of the table of what may be asked. on is stream/NAME, table/NAME, role/NAME, NAME/KEY of a bucket, or empty.
type question struct {
	what     string
	action   string
	on       string
	context  string // key=value, separated by blanks
	worker   bool
	founder  bool
	producer bool
	reshard  bool
	operator bool
	replayer bool
	dropper  bool
	reader   bool
	sweeper  bool
}

func (q question) request(n Names) Request {
	r := Request{Action: q.action, Context: map[string][]string{}}
	service, _, _ := strings.Cut(q.action, ":")
	switch {
	case q.on == "": // the action knows no resource
	case service == "sts":
		r.Resource = "arn:" + n.Partition + ":iam::" + n.Account + ":" + q.on
	case service != "s3":
		r.Resource = n.arn(service, q.on)
	default:
		bucket, key, _ := strings.Cut(q.on, "/")
		r.Resource = n.ObjectARN(bucket, key)
	}
	if service == "s3" {
		r.Context["aws:SecureTransport"] = []string{"true"}
	}
	for pair := range strings.FieldsSeq(q.context) {
		key, value, _ := strings.Cut(pair, "=")
		r.Context[key] = []string{value}
	}
	return r
}

func (q question) wants(role string) bool {
	return map[string]bool{"worker": q.worker, "founder": q.founder, "producer": q.producer, "resharder": q.reshard, "operator": q.operator, "replayer": q.replayer, "dropper": q.dropper, "reader": q.reader, "sweeper": q.sweeper}[role]
}

const (
	yes = true
	no  = false

	link  = "shop-log/events/gen=1/dt=2026-11-26/hour=14/shardId-000000000000-1.parquet"
	mark  = "shop-log/events/_log/gen=1/shardId-000000000000.start.json"
	shown = "shop-log/events/generations/generations.json"
	first = "s3:if-none-match=*"
	swap  = "s3:if-match=etag"
	lease = "dynamodb:LeadingKeys=lease"
)

// questions are what roles may and may not ask. The order of the answers is that of Roles.
var questions = []question{
	{"read records", "kinesis:GetRecords", "stream/clicks", "", yes, yes, no, no, yes, yes, yes, yes, yes},
	{"read records of another stream", "kinesis:GetRecords", "stream/orders", "", no, no, no, no, no, no, no, no, no},
	{"put records", "kinesis:PutRecords", "stream/clicks", "", no, no, yes, no, no, no, no, no, no},
	{"put records into another stream", "kinesis:PutRecords", "stream/orders", "", no, no, no, no, no, no, no, no, no},
	{"change the number of shards, of any stream", "kinesis:UpdateShardCount", "", "", no, no, no, yes, no, no, no, no, no},
	{"split a shard", "kinesis:SplitShard", "stream/clicks", "", no, no, no, yes, no, no, no, no, no},
	{"split a shard of another stream", "kinesis:SplitShard", "stream/orders", "", no, no, no, no, no, no, no, no, no},
	{"shorten the retention", "kinesis:DecreaseStreamRetentionPeriod", "stream/clicks", "", no, no, no, no, no, no, no, no, no},
	{"delete the stream", "kinesis:DeleteStream", "stream/clicks", "", no, no, no, no, no, no, no, no, no},
	{"register a fan-out consumer", "kinesis:RegisterStreamConsumer", "stream/clicks", "", no, no, no, no, no, no, no, no, no},

	{"read leases", "dynamodb:Query", "table/shop", lease, yes, yes, no, yes, yes, yes, yes, yes, yes},
	{"read leases of another application", "dynamodb:Query", "table/other", lease, no, no, no, no, no, no, no, no, no},
	{"write a lease", "dynamodb:UpdateItem", "table/shop", lease, yes, yes, no, no, yes, no, no, no, no},
	{"write a heartbeat", "dynamodb:UpdateItem", "table/shop", "dynamodb:LeadingKeys=worker", yes, yes, no, no, no, no, no, no, no},
	{"write a plan", "dynamodb:PutItem", "table/shop", "dynamodb:LeadingKeys=plan", yes, yes, no, no, yes, yes, yes, no, no},
	{"write a row of another scope", "dynamodb:PutItem", "table/shop", "dynamodb:LeadingKeys=other", no, no, no, no, no, no, no, no, no},
	{"write rows that are not named", "dynamodb:PutItem", "table/shop", "", no, no, no, no, no, no, no, no, no},
	{"remove a worker's row", "dynamodb:DeleteItem", "table/shop", "dynamodb:LeadingKeys=worker", yes, yes, no, no, no, no, no, no, no},
	{"remove positions of a plan", "dynamodb:DeleteItem", "table/shop", "dynamodb:LeadingKeys=plan", yes, yes, no, no, yes, yes, yes, no, no},
	{"remove a lease", "dynamodb:DeleteItem", "table/shop", lease, no, no, no, no, no, no, no, no, no},
	{"write a row of a replay", "dynamodb:UpdateItem", "table/shop", "dynamodb:LeadingKeys=replay/what-if/2/lease", no, no, no, no, no, yes, yes, no, no},
	{"make a replay", "dynamodb:PutItem", "table/shop", "dynamodb:LeadingKeys=replay", no, no, no, no, no, yes, yes, no, no},
	{"remove a row of a replay", "dynamodb:DeleteItem", "table/shop", "dynamodb:LeadingKeys=replay/what-if/2/worker", no, no, no, no, no, yes, yes, no, no},
	{"scan the table", "dynamodb:Scan", "table/shop", "", no, no, no, no, no, no, no, no, no},
	{"write several rows at once", "dynamodb:BatchWriteItem", "table/shop", "", no, no, no, no, no, no, no, no, no},
	{"create the table", "dynamodb:CreateTable", "table/shop", "", no, yes, no, no, no, no, no, no, no},
	{"change the table", "dynamodb:UpdateTable", "table/shop", "", no, no, no, no, no, no, no, no, no},
	{"delete the table", "dynamodb:DeleteTable", "table/shop", "", no, no, no, no, no, no, no, no, no},

	{"list the log", "s3:ListBucket", "shop-log", "s3:prefix=events/gen=1/", yes, yes, no, no, yes, yes, yes, yes, yes},
	{"list what is not the log", "s3:ListBucket", "shop-log", "s3:prefix=payroll/", no, no, no, no, no, no, no, no, no},
	{"read the log", "s3:GetObject", link, "", yes, yes, no, no, yes, yes, yes, yes, yes},
	{"read the log without TLS", "s3:GetObject", link, "aws:SecureTransport=false", no, no, no, no, no, no, no, no, no},
	{"read what is not the log", "s3:GetObject", "shop-log/payroll/x", "", no, no, no, no, no, no, no, no, no},
	{"read another bucket", "s3:GetObject", "other/events/gen=1/x", "", no, no, no, no, no, no, no, no, no},
	{"commit a batch", "s3:PutObject", link, first, yes, yes, no, no, no, yes, yes, no, no},
	{"overwrite a batch", "s3:PutObject", link, "", no, no, no, no, no, no, no, no, no},
	{"replace a batch that one has read", "s3:PutObject", link, swap, no, no, no, no, no, no, no, no, no},
	{"put a mark", "s3:PutObject", mark, first, yes, yes, no, no, yes, yes, yes, no, no},
	{"overwrite a mark", "s3:PutObject", mark, "", no, no, no, no, no, no, no, no, no},
	{"put a snapshot of the model", "s3:PutObject", "shop-log/events/_model/gen=1/x", first, yes, yes, no, no, no, no, no, no, no},
	{"put a tombstone", "s3:PutObject", "shop-log/events/erasures/x.json", first, no, no, no, no, yes, no, no, no, no},
	{"publish the first map of generations", "s3:PutObject", shown, first, yes, yes, no, no, yes, yes, yes, no, no},
	{"replace the map that one has read", "s3:PutObject", shown, swap, yes, yes, no, no, yes, yes, yes, no, no},
	{"overwrite the map", "s3:PutObject", shown, "", no, no, no, no, no, no, no, no, no},
	{"put what is not the log", "s3:PutObject", "shop-log/payroll/x", first, no, no, no, no, no, no, no, no, no},
	{"remove an old snapshot", "s3:DeleteObject", "shop-log/events/_model/gen=1/x", "", yes, yes, no, no, no, no, no, no, no},
	{"remove an old state", "s3:DeleteObject", "shop-log/events/_state/gen=1/x", "", yes, yes, no, no, no, no, yes, no, no},
	{"remove a batch", "s3:DeleteObject", link, "", no, no, no, no, no, no, yes, no, yes},
	{"remove a mark", "s3:DeleteObject", mark, "", no, no, no, no, no, no, yes, no, no},
	{"remove the map of generations", "s3:DeleteObject", shown, "", no, no, no, no, no, no, no, no, no},
	{"remove a tombstone", "s3:DeleteObject", "shop-log/events/erasures/x.json", "", no, no, no, no, no, no, no, no, no},
	{"remove a version for good", "s3:DeleteObjectVersion", link, "", no, no, no, no, no, no, no, no, no},
	{"change the policy of the bucket", "s3:PutBucketPolicy", "shop-log", "", no, no, no, no, no, no, no, no, no},
	{"switch versioning off", "s3:PutBucketVersioning", "shop-log", "", no, no, no, no, no, no, no, no, no},
	{"become somebody else", "sts:AssumeRole", "role/administrator", "", no, no, no, no, no, no, no, no, no},
}

// TestRolesMayAndMayNot answers all questions for all roles.
func TestRolesMayAndMayNot(t *testing.T) {
	g, err := NewGuard(testNames)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range questions {
		for _, role := range Roles {
			if v := g.Judge(role.Name, q.request(testNames)); v.Allowed != q.wants(role.Name) {
				t.Errorf("%s: %s: allowed is %v, by %q", role.Name, q.what, v.Allowed, v.By)
			}
		}
	}
}

// TestAdministratorsAreBoundByTheBucket asks for somebody who has all rights.
func TestAdministratorsAreBoundByTheBucket(t *testing.T) {
	bucket, err := Load(BucketPolicy, testNames)
	if err != nil {
		t.Fatal(err)
	}
	all, err := Parse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range questions {
		overwrites := q.action == "s3:PutObject" && !strings.Contains(q.context, first) && (q.on != shown || !strings.Contains(q.context, swap))
		bound := overwrites && strings.HasPrefix(q.on, "shop-log/") || strings.Contains(q.context, "SecureTransport=false")
		if v := Judge([]*Policy{all, bucket}, q.request(testNames)); v.Allowed == bound {
			t.Errorf("%s: allowed is %v, by %q", q.what, v.Allowed, v.By)
		}
	}
}

// TestFilesAreWhole holds that each file belongs to a role and is small enough for AWS.
func TestFilesAreWhole(t *testing.T) {
	used := []string{BucketPolicy}
	for _, role := range Roles {
		used = append(used, role.Policies...)
	}
	for _, file := range Files() {
		if !slices.Contains(used, file) {
			t.Errorf("%s.json belongs to no role", file)
		}
		text, err := Source(file)
		if err != nil || strings.Contains(testNames.replacer().Replace(text), "${") {
			t.Errorf("%s.json has a placeholder that Names does not know, or cannot be read: %v", file, err)
		}
		if compact, err := json.Marshal(json.RawMessage(text)); err != nil || len(compact) > 6144 { // of a managed policy
			t.Errorf("%s.json: %d characters, %v", file, len(compact), err)
		}
	}
}

// TestQuestionsForAnotherJudge writes the questions to a file for simulate.mjs.
func TestQuestionsForAnotherJudge(t *testing.T) {
	path := os.Getenv("STREAMREC_IAM_QUESTIONS")
	if path == "" {
		t.Skip("STREAMREC_IAM_QUESTIONS is not set: scripts/check.sh --full sets it")
	}
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	document := func(name string) json.RawMessage {
		text, err := Source(name)
		if err != nil {
			t.Fatal(err)
		}
		return json.RawMessage(testNames.replacer().Replace(text))
	}
	for _, q := range questions {
		for _, role := range Roles {
			if err := json.NewEncoder(file).Encode(simulation(q, role, document)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// simulation is a question in the form of the simulator.
func simulation(q question, role Role, document func(string) json.RawMessage) any {
	type object = map[string]any
	r := q.request(testNames)
	context := object{}
	for key, values := range r.Context {
		context[key] = values[0]
		if key == "dynamodb:LeadingKeys" {
			context[key] = values
		}
	}
	var policies []object
	for _, name := range role.Policies {
		policies = append(policies, object{"name": name, "policy": document(name)})
	}
	s := object{
		"request": object{
			"principal": "arn:aws:iam::" + testNames.Account + ":role/" + role.Name, "action": r.Action, "contextVariables": context,
			"resource": object{"resource": cmp.Or(r.Resource, "*"), "accountId": testNames.Account},
		},
		"identityPolicies": policies, "serviceControlPolicies": []object{}, "resourceControlPolicies": []object{},
	}
	if strings.HasPrefix(q.on, testNames.Bucket) {
		s["resourcePolicy"] = document(BucketPolicy)
	}
	return object{"role": role.Name, "what": q.what, "allowed": q.wants(role.Name), "simulation": s}
}
