package dynamo

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"reflect"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/replay/side"
)

// answering is a store to whose requests DynamoDB answers with the same bytes.
func answering(body []byte) *Store {
	return NewStore(dynamodb.New(dynamodb.Options{
		Region: "local", BaseEndpoint: aws.String("http://local"), Retryer: aws.NopRetryer{}, Credentials: aws.AnonymousCredentials{},
		DisableValidateResponseChecksum: true,
		HTTPClient: doer(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Header: http.Header{}}, nil
		}),
	}), "leases")
}

type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

// attributesOf writes attributes of the kinds that are in rows as DynamoDB does.
func attributesOf(it item) map[string]any {
	out := map[string]any{}
	for name, v := range it {
		switch v := v.(type) {
		case *types.AttributeValueMemberS:
			out[name] = map[string]any{"S": v.Value}
		case *types.AttributeValueMemberN:
			out[name] = map[string]any{"N": v.Value}
		case *types.AttributeValueMemberBOOL:
			out[name] = map[string]any{"BOOL": v.Value}
		case *types.AttributeValueMemberSS:
			out[name] = map[string]any{"SS": v.Value}
		case *types.AttributeValueMemberM:
			out[name] = map[string]any{"M": attributesOf(v.Value)}
		}
	}
	return out
}

func answerWith(t testing.TB, it item) []byte {
	t.Helper()
	body, err := json.Marshal(map[string]any{"Item": attributesOf(it), "Items": []any{attributesOf(it)}})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// requireFinite wants a rate that can be added up.
func requireFinite(t *testing.T, rate float64) {
	t.Helper()
	if math.IsNaN(rate) || math.IsInf(rate, 0) {
		t.Fatalf("rate %v", rate)
	}
}

// FuzzLeaseRow reads lease rows that anybody may have written. What is read is read again when it has been written.
func FuzzLeaseRow(f *testing.F) {
	f.Add(answerWith(f, (&Store{}).leaseItem(&lease.Lease{
		Key: "shardId-0", Owner: "w-1", Counter: 7, Checkpoint: lease.Position{Type: "AFTER_SEQUENCE_NUMBER", Value: "49@2026-11-23T09", Hour: 9}, CheckpointAt: 5, Parents: []string{"p", "a"},
		Children: []string{"c"}, StartingHashKey: "0", EndingHashKey: "9", Plan: 3, Rate: 12.5, Stopped: "because", Tip: 4, Map: "1", Source: "1", TipPlan: 2,
	})))
	f.Add([]byte(`{"Item":{"leaseKey":{"S":"s"},"checkpoint":{"M":{"type":{"S":"LATEST"}}},"recordsPerSecond":{"N":"1E+2"},"leaseCounter":{"N":"1.0"}}}`))
	f.Add([]byte(`{"Item":{"leaseKey":{"S":"s"},"checkpoint":{"M":{"type":{"S":"LATEST"}}},"recordsPerSecond":{"N":"NaN"}}}`))
	f.Add([]byte(`{"Item":{"leaseKey":{"B":"AA=="},"checkpoint":{"NULL":true},"parentShardIds":{"L":[]}}}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		row, err := answering(body).Lease(t.Context(), "s")
		if err != nil {
			return
		}
		requireFinite(t, row.Rate)
		if row.Checkpoint.Type == "" {
			t.Fatalf("read %+v", row)
		}
		again, err := parseLease((&Store{}).leaseItem(&row))
		if row.Rate = again.Rate; err != nil || !reflect.DeepEqual(again, row) { // rates have three digits
			t.Fatalf("read %+v, and again %+v, %v", row, again, err)
		}
	})
}

// FuzzWorkerRows reads worker rows.
func FuzzWorkerRows(f *testing.F) {
	it := key(scopeWorker, "w-1")
	for name, v := range workerAttributes(lease.Worker{Counter: 4, Address: "127.0.0.1:1", Secret: "5e", Rate: 1.5, At: 3, Acked: 2, Leaving: true}) {
		put(it, name, v)
	}
	put(it, "inbox", set([]string{"shard w-2", "x"}))
	f.Add(answerWith(f, it))
	f.Add([]byte(`{"Items":[{"leaseKey":{"S":"w"},"heartbeat":{"N":"-1"}},{"leaseKey":{"S":"v"},"recordsPerSecond":{"N":"1e309"}}]}`))
	f.Add([]byte(`{"Items":[null,{}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if bytes.Contains(body, []byte("LastEvaluatedKey")) {
			t.Skip("there would be pages for ever")
		}
		workers, err := answering(body).Workers(t.Context())
		if err != nil {
			return
		}
		for _, w := range workers {
			requireFinite(t, w.Rate)
			it := key(scopeWorker, w.ID)
			for name, v := range workerAttributes(w) {
				put(it, name, v)
			}
			again, err := parseWorker(it)
			again.Inbox, again.Rate = w.Inbox, w.Rate
			if err != nil || !reflect.DeepEqual(again, w) {
				t.Fatalf("read %+v, and again %+v, %v", w, again, err)
			}
		}
	})
}

// FuzzPlanRow reads plan rows, and positions of plans.
func FuzzPlanRow(f *testing.F) {
	it := key(scopePlan, keyPlan)
	for name, v := range planAttributes(&lease.Plan{Number: 3, State: "made", ID: "i", Map: "1<2026-11-23T14;2", Hour: 7, Published: "1", By: 2, Previous: "1", AcceptGaps: true, SkipTo: 5, At: 6, Operator: "o", Reason: "r"}) {
		put(it, name, v)
	}
	it["positions"] = &types.AttributeValueMemberM{Value: item{"s": position(lease.Position{Type: "TRIM_HORIZON"})}}
	f.Add(answerWith(f, it))
	f.Add([]byte(`{"Item":{"number":{"N":"9223372036854775808"}}}`))
	f.Add([]byte(`{"Item":{"positions":{"M":{"s":{"M":{"type":{"S":""}}}}}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if !utf8.Valid(body) {
			t.Skip("texts of DynamoDB are UTF-8")
		}
		s := answering(body)
		if p, err := s.plan(t.Context()); err == nil {
			it := item{}
			for name, v := range planAttributes(&p) {
				put(it, name, v)
			}
			again, err := answering(answerWith(t, it)).plan(t.Context())
			if err != nil || again != p {
				t.Fatalf("read %+v, and again %+v, %v", p, again, err)
			}
		}
		if at, err := s.Position(t.Context(), "i", "s"); err == nil && at.Type == "" {
			t.Fatalf("position %+v", at)
		}
	})
}

// FuzzReplayRow reads rows of side replays. One that is read can be worked with, and is read again when it has been written.
func FuzzReplayRow(f *testing.F) {
	f.Add([]byte(`{"Item":{"leaseKey":{"S":"a"},"state":{"S":"running"},"generation":{"N":"2"},"from":{"N":"500000"},"to":{"N":"500002"},"readBackFrom":{"S":"1"},"rate":{"N":"5"}}}`))
	f.Add([]byte(`{"Item":{"leaseKey":{"S":"a"},"generation":{"N":"2"},"from":{"N":"1"},"to":{"N":"9223372036854775807"},"readBackFrom":{"S":"1<2026-11-23T14;2"}}}`))
	f.Add([]byte(`{"Item":{"leaseKey":{"S":"a"},"generation":{"N":"-2"},"from":{"N":"x"},"readBackFrom":{"S":""}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := answering(body).Replays().Replay(t.Context(), "a")
		if err != nil {
			return
		}
		if r.SeenIn(r.Source) != side.Before || r.SeenIn(r.Switched(r.Source, false)) != side.After {
			t.Fatalf("%+v: readers see %s, and then %s", r, r.SeenIn(r.Source), r.SeenIn(r.Switched(r.Source, false)))
		}
	})
}
