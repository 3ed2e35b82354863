package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func reshardStream(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), append([]string{"reshard", "--stream", "clicks"}, args...), streams{strings.NewReader(""), &o, &e})
	return code, o.String(), e.String()
}

// createStream creates the stream clicks and waits until it can be used.
func createStream(t *testing.T, shards int32) *kinesis.Client {
	t.Helper()
	c, err := loadClients(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	createNamedStream(t, c, "clicks", shards)
	return c.kinesis
}

func createNamedStream(t *testing.T, c clients, name string, shards int32) {
	t.Helper()
	if _, err := c.kinesis.CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: &name, ShardCount: &shards}); err != nil {
		t.Fatal(err)
	}
	if err := kinesis.NewStreamExistsWaiter(c.kinesis).Wait(t.Context(), &kinesis.DescribeStreamInput{StreamName: &name}, time.Minute); err != nil {
		t.Fatal(err)
	}
}

func TestReshardPlansAndCarriesOut(t *testing.T) {
	serveLocal(t)
	createStream(t, 2)
	plan := func(args ...string) (p reshardPlan) {
		t.Helper()
		code, out, errs := reshardStream(t, append(args, "-o", "json")...)
		if err := json.Unmarshal([]byte(out), &p); err != nil || code != exitDone {
			t.Fatalf("%v: exit code %d, %v\n%s%s", args, code, err, out, errs)
		}
		return p
	}
	if p := plan("--shards", "7"); p.From != 2 || p.To != 7 || len(p.Steps) != 2 || p.Took != nil {
		t.Errorf("plan %+v", p)
	}
	if p := plan("--shards", "2"); len(p.Steps) != 0 {
		t.Errorf("something was done without --execute: %+v", p)
	}
	if p := plan("--shards", "7", "--execute"); p.Took == nil || len(p.Steps) != 2 {
		t.Errorf("executed %+v", p)
	}
	if p := plan("--shards", "7", "--execute"); p.From != 7 || len(p.Steps) != 0 {
		t.Errorf("again %+v", p)
	}
	plan("--shards", "2", "--execute")
	split := []string{"--split", openNames(t)[0], "--execute"}
	if p := plan(split...); p.From != 2 || p.To != 3 {
		t.Errorf("split %+v", p)
	}
	if p := plan(split...); p.From != 3 || len(p.Steps) != 0 {
		t.Errorf("split again %+v", p)
	}
	names := openNames(t)
	if p := plan("--merge", names[1]+","+names[0], "--execute"); p.To != 2 {
		t.Errorf("merge %+v", p)
	}
	code, out, errs := reshardStream(t, "--shards", "4", "--execute")
	if code != exitDone || !strings.Contains(out, "2, then 4") || !strings.Contains(errs, "step 1: scale to 4 shards") {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
}

// openNames returns the open shards in the order of their hash keys.
func openNames(t *testing.T) (names []string) {
	t.Helper()
	c, err := loadClients(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	state, err := streamOf(c, "clicks").Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range state.Shards.Open() {
		names = append(names, s.ID)
	}
	return names
}

func TestReshardRefuses(t *testing.T) {
	serveLocal(t)
	api := createStream(t, 2)
	check := func(want int, text string, args ...string) {
		t.Helper()
		if code, out, errs := reshardStream(t, args...); code != want || !strings.Contains(errs, text) || out != "" {
			t.Errorf("%v: exit code %d, want %d\n%s%s", args, code, want, out, errs)
		}
	}
	check(exitUsage, "want one of --shards")
	check(exitUsage, "want one of --shards", "--shards", "3", "--split", "x")
	check(exitUsage, "a price from 0 to 1000000000, not NaN", "--shards", "3", "--shard-hour-price", "NaN")
	check(exitUsage, "a price from 0 to 1000000000, not +Inf", "--shards", "3", "--shard-hour-price", "Inf")
	check(exitUsage, "--split: names a shard twice", "--split", "x,x")
	check(exitRefused, "no shard x", "--split", "x")
	check(exitRefused, "more shards and the plan needs", "--shards", "100000")
	check(exitRefused, "does not exist", "--shards", "3", "--app", "shop")
	summary, err := api.DescribeStreamSummary(t.Context(), &kinesis.DescribeStreamSummaryInput{StreamName: aws.String("clicks")})
	if err != nil {
		t.Fatal(err)
	}
	_, err = api.UpdateStreamMode(t.Context(), &kinesis.UpdateStreamModeInput{
		StreamARN: summary.StreamDescriptionSummary.StreamARN, StreamModeDetails: &types.StreamModeDetails{StreamMode: types.StreamModeOnDemand},
	})
	if err != nil {
		t.Skipf("the local service has no on-demand mode: %v", err)
	}
	check(exitRefused, "on-demand", "--shards", "3")
}
