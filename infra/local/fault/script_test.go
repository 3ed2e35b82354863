package fault_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/streamrec/streamrec/infra/local/fault"
	"github.com/streamrec/streamrec/infra/local/inprocess"
)

// service stands behind a script and counts what is applied. It answers with what it was sent.
type service struct {
	mu      sync.Mutex
	applied []string
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	s.mu.Lock()
	s.applied = append(s.applied, string(body))
	s.mu.Unlock()
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	_, _ = w.Write(body)
}

func (s *service) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.applied)
}

// call is a request of a client.
type call struct {
	method, path, target, key, body string
}

func (c call) request(ctx context.Context, t *testing.T, base string) *http.Request {
	t.Helper()
	method := c.method
	if method == "" {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(ctx, method, base+c.path, strings.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	if c.target != "" {
		r.Header.Set("X-Amz-Target", c.target)
	}
	if c.key != "" {
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+c.key+"/20261123/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0")
	}
	return r
}

// send returns the status, or 0 and an error when the connection is cut.
func send(t *testing.T, client *http.Client, base string, c call) (int, string, error) {
	t.Helper()
	response, err := client.Do(c.request(t.Context(), t, base))
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), err
}

// status is send for tests that look at nothing else.
func status(t *testing.T, h http.Handler, c call) int {
	t.Helper()
	code, _, _ := send(t, inprocess.Client(h), "http://127.0.0.1", c)
	return code
}

var (
	put       = call{method: "PUT", path: "/events/gen=0/a", body: "x"}
	update    = call{path: "/", target: "DynamoDB_20120810.UpdateItem", body: `{"TableName":"leases","Key":{"leaseKey":{"S":"shard-1"}}}`}
	transact  = call{path: "/", target: "DynamoDB_20120810.TransactWriteItems", body: `{"TransactItems":[{"Put":{"TableName":"leases"}}]}`}
	batch     = call{path: "/", target: "DynamoDB_20120810.BatchGetItem", body: `{"RequestItems":{"leases":{}}}`}
	records   = call{path: "/", target: "Kinesis_20131202.PutRecords", body: `{"StreamName":"clicks"}`}
	byARN     = call{path: "/", target: "Kinesis_20131202.ListShards", body: `{"StreamARN":"arn:aws:kinesis:eu-west-1:000000000000:stream/clicks"}`}
	consumer  = call{path: "/", target: "Kinesis_20131202.SubscribeToShard", body: `{"ConsumerARN":"arn:aws:kinesis:eu-west-1:000000000000:stream/clicks/consumer/c:1"}`}
	iterator  = call{path: "/", target: "Kinesis_20131202.GetRecords", body: `{"ShardIterator":"AAA"}`}
	malformed = call{path: "/", target: "Kinesis_20131202.PutRecord", body: `{`}
)

func TestMatch(t *testing.T) {
	signed := func(c call, key string) call {
		c.key = key
		return c
	}
	cases := []struct {
		name  string
		match fault.Match
		takes []call
		not   []call
	}{
		{"everything", fault.Match{}, []call{put, update, records, malformed}, nil},
		{"a service", fault.Match{Services: []string{"s3"}}, []call{put}, []call{update, records}},
		{"services", fault.Match{Services: []string{"kinesis", "dynamodb"}}, []call{update, records}, []call{put}},
		{"operations", fault.Match{Operations: []string{"PutObject", "UpdateItem"}}, []call{put, update}, []call{records, transact}},
		{"an identity", fault.Match{AccessKey: "w1"}, []call{signed(put, "w1"), signed(update, "w1")}, []call{put, signed(put, "w10"), signed(put, "w2")}},
		{"a bucket", fault.Match{Resource: "events"}, []call{put, {method: "GET", path: "/events"}}, []call{{method: "PUT", path: "/event/gen=0/a"}, update}},
		{"a table", fault.Match{Resource: "leases"}, []call{update, transact, batch}, []call{put, records, malformed}},
		{"a stream", fault.Match{Resource: "clicks"}, []call{records, byARN, consumer}, []call{iterator, update}},
		{"a prefix", fault.Match{Prefix: "gen=0/"}, []call{put}, []call{{method: "PUT", path: "/events/gen=1/a"}, {method: "GET", path: "/events"}, update}},
		{"a body", fault.Match{Body: `"shard-1"`}, []call{update}, []call{put, transact, records}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			behind := &service{}
			script := fault.New(0)
			rule := script.Add(fault.Rule{Match: c.match, Effect: fault.Error("InternalError")})
			handler := script.Wrap(behind)
			for _, call := range c.takes {
				if got := status(t, handler, call); got != 500 {
					t.Errorf("%+v: got %d", call, got)
				}
			}
			for _, call := range c.not {
				if got := status(t, handler, call); got != 200 {
					t.Errorf("%+v: got %d", call, got)
				}
			}
			if rule.Hits() != len(c.takes) || rule.Calls() != len(c.takes) || behind.count() != len(c.not) {
				t.Errorf("%d hits of %d calls, %d applied", rule.Hits(), rule.Calls(), behind.count())
			}
			for i, call := range c.not {
				if behind.applied[i] != call.body {
					t.Errorf("%+v arrived as %q", call, behind.applied[i])
				}
			}
		})
	}
}

func TestWhen(t *testing.T) {
	for name, c := range map[string]struct {
		when fault.When
		want []int
	}{
		"always":     {fault.Always(), []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
		"first 3":    {fault.First(3), []int{1, 2, 3}},
		"4th":        {fault.Nth(4), []int{4}},
		"every 5th":  {fault.Every(5), []int{5, 10}},
		"composed":   {fault.When{After: 2, Every: 3, Times: 3}, []int{3, 6, 9}},
		"certain":    {fault.Chance(1), []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
		"by a third": {fault.Chance(0.33), []int{3, 4, 5, 6, 7, 11}},
	} {
		t.Run(name, func(t *testing.T) {
			script := fault.New(7)
			script.Add(fault.Rule{When: c.when, Effect: fault.Error("SlowDown")})
			handler := script.Wrap(&service{})
			var got []int
			for i := range 12 {
				if status(t, handler, put) == 503 {
					got = append(got, i+1)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("took %v, want %v", got, c.want)
			}
		})
	}
}

func TestChanceIsAboutRight(t *testing.T) {
	script := fault.New(1)
	rule := script.Add(fault.Rule{When: fault.Chance(0.2), Effect: fault.Throttle()})
	handler := script.Wrap(&service{})
	for range 2000 {
		status(t, handler, put)
	}
	if hits := rule.Hits(); hits < 330 || hits > 470 {
		t.Errorf("%d of 2000", hits)
	}
}

func TestOrderOfRules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		script := fault.New(0)
		script.Add(fault.Rule{Effect: fault.Delay(time.Second)})
		script.Add(fault.Rule{Effect: fault.Delay(2 * time.Second)})
		first := script.Add(fault.Rule{When: fault.First(1), Effect: fault.Error("InternalError")})
		second := script.Add(fault.Rule{Effect: fault.Error("SlowDown")})
		handler, start := script.Wrap(&service{}), time.Now()
		if a, b := status(t, handler, put), status(t, handler, put); a != 500 || b != 503 || time.Since(start) != 6*time.Second {
			t.Errorf("got %d and %d after %v", a, b, time.Since(start))
		}
		if first.Hits() != 1 || second.Calls() != 1 {
			t.Errorf("hits %d, calls of the second %d", first.Hits(), second.Calls())
		}
		script.Clear()
		if got := status(t, handler, put); got != 200 || time.Since(start) != 6*time.Second {
			t.Errorf("after Clear: %d after %v", got, time.Since(start))
		}
		first.Remove() // again: nothing happens
	})
}

func TestScriptMayChangeWhileItIsUsed(t *testing.T) {
	script := fault.New(3)
	handler := script.Wrap(&service{})
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 100 {
				status(t, handler, update)
			}
		})
		wait.Go(func() {
			for range 50 {
				rule := script.Add(fault.Rule{Match: fault.Match{Resource: "leases"}, When: fault.Chance(0.5), Effect: fault.Throttle()})
				rule.Hits()
				rule.Remove()
			}
		})
	}
	wait.Wait()
	if got := status(t, handler, update); got != 200 {
		t.Errorf("got %d after all rules were removed", got)
	}
}

func TestAddPanicsOnNonsense(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("accepted")
		}
	}()
	fault.New(0).Add(fault.Rule{})
}
