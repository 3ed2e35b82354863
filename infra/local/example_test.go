package local_test

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/streamrec/streamrec/infra/local"
	"github.com/streamrec/streamrec/infra/local/fault"
)

// A real SDK client stores an object, is told to slow down once, retries, and reads it back; no socket is opened.
func Example() {
	ctx := context.Background()
	stack, err := local.New(local.Options{Buckets: []string{"events"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = stack.Close() }()
	slow := stack.Faults().Add(fault.Rule{
		Match:  fault.Match{Operations: []string{"PutObject"}, AccessKey: "worker-1"},
		When:   fault.First(1),
		Effect: fault.Throttle(),
	})
	client := s3.NewFromConfig(stack.Config("worker-1"))
	_, err = client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String("events"), Key: aws.String("gen=0/first.parquet"), Body: strings.NewReader("PAR1"), IfNoneMatch: aws.String("*"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	object, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("events"), Key: aws.String("gen=0/first.parquet")})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = object.Body.Close() }()
	body, err := io.ReadAll(object.Body)
	fmt.Println(string(body), err, "after", slow.Hits(), "fault")
	// Output: PAR1 <nil> after 1 fault
}
