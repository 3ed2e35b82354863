package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// TestStatusTellsOfTroubleUpstream puts records in several formats, with fields that have no column and such as cannot be decoded. The status of the fleet,
// which asks its workers, counts them, and says what is wrong.
func TestStatusTellsOfTroubleUpstream(t *testing.T) {
	needProcesses(t)
	ctx := Bounded(t, time.Minute)
	stack := NewStack(ctx, t, "--limits=off")
	stack.CreateStream(ctx, 2)
	stack.CreateBucket(ctx)
	fleet := NewFleet(stack, App, "--no-privacy", "--failover-time", "2s", "--flush-age", "500ms")
	fleet.AwaitShare(ctx, fleet.Start("a"), fleet.Start("b"))

	var put []types.PutRecordsRequestEntry
	add := func(n int, text string) {
		for i := range n {
			data := strings.ReplaceAll(text, "N", fmt.Sprint(i))
			put = append(put, types.PutRecordsRequestEntry{Data: []byte(data), PartitionKey: aws.String(fmt.Sprint("k-", len(put)))})
		}
	}
	add(20, `{"session_id":"s-N","browse_history":[{"product_code":"P1","quantity":1}]}`)
	add(6, `{"session_id":"s-N","product_code":"P1","colour":"red"}`)
	add(7, `{"type":"track","event":"Product Viewed","messageId":"m-N","anonymousId":"a-N","properties":{"sku":"P1"}}`)
	add(5, `{"client_id":"c-N","events":[{"name":"purchase","params":{"items":[{"item_id":"P1"}]}}]}`)
	add(3, `{"session_id":`)
	add(2, `{"metric":"cpu"}`)
	if out, err := stack.Kinesis.PutRecords(ctx, &kinesis.PutRecordsInput{StreamName: aws.String(Stream), Records: put}); err != nil || *out.FailedRecordCount > 0 {
		t.Fatalf("put records: %v", err)
	}

	var seen struct {
		Workers, Rows, Unknown int
		Failures, Formats      map[string]int
		Fields                 []struct{ Name string }
		SilentMillis           int
	}
	ask := func() string {
		p := stack.Run("status", "status", "--app", App, "--stream", Stream, "-o", "json")
		p.Succeed(ctx)
		var s struct{ Upstream json.RawMessage }
		if err := json.Unmarshal([]byte(p.Out.Text()), &s); err != nil {
			t.Fatalf("%v: %s", err, p.Out.Text())
		}
		if len(s.Upstream) > 0 {
			if err := json.Unmarshal(s.Upstream, &seen); err != nil {
				t.Fatalf("%v: %s", err, s.Upstream)
			}
		}
		return string(s.Upstream)
	}
	Until(ctx, t, "all rows are counted", func() (bool, string) {
		text := ask()
		return seen.Rows == len(put), text
	})
	if seen.Workers != 2 || seen.Unknown != 6 || seen.Failures["invalid_json"] != 3 || seen.Failures["no_session"] != 2 || seen.SilentMillis < 0 ||
		seen.Formats["streamrec"] != 26 || seen.Formats["segment"] != 7 || seen.Formats["ga4"] != 5 || len(seen.Fields) != 1 || seen.Fields[0].Name != "colour" {
		t.Errorf("the status says %+v", seen)
	}
	p := stack.Run("status", "status", "--app", App, "--stream", Stream)
	p.Succeed(ctx)
	if text := p.Out.Text(); !strings.Contains(text, "! 12 % of the rows of the last ten minutes cannot be decoded") {
		t.Errorf("the status for people says\n%s", text)
	}
}
