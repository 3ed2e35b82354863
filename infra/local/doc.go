// Package local is Kinesis, DynamoDB and S3 in one process, behind one HTTP port or none.
//
//	stack, err := local.New(local.Options{Buckets: []string{"events"}})
//	defer stack.Close()
//
//	client := kinesis.NewFromConfig(stack.Config("worker-1"))  // in process, without sockets
//	err = stack.Serve(ctx, listener)                           // or over HTTP/1.1 and h2c, for any client
//
// A request with an X-Amz-Target goes to the Kinesis of package kinesis or the DynamoDB of package dynamo, everything else to
// the S3 of package s3, in path style (http://127.0.0.1:4566/bucket/key) or virtual-host style
// (http://bucket.localhost:4566/key). So one endpoint, AWS_ENDPOINT_URL, is all that a client needs.
//
//	Handler            /_health          200 once the services are there
//	                   /_metrics         of this process, for Prometheus
//	                   /                 a page for a browser that came by
//	  fault.Script     /_faults          rules over HTTP, if Options.FaultsOverHTTP
//	  signatures                         checked, if Options.Credentials
//	  kinesis | dynamo | s3
//
// With Options.Dir everything survives restarts, in one folder per service. The folders of Kinesis and DynamoDB are
// locked, so a second process that is given the same Dir fails to start.
//
// # Non-obvious
//
// The clients of [Local.Config] use an https endpoint although nothing is encrypted: over https the SDK sends S3 checksums
// in trailers, which is how it talks to Amazon.
//
// Everything but Serve works inside a testing/synctest bubble: no goroutine outlives the request that started it.
//
// With Options.Credentials, signatures in the Authorization header are verified in full, except that chunk signatures of
// streamed S3 uploads are not looked at, that a request does not age (clocks may be injected, and run at any speed), and that any
// region is accepted. Presigned URLs are refused.
package local
