package s3

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
)

// BenchmarkPutObject stores objects through the real SDK over a loopback socket, from four clients.
func BenchmarkPutObject(b *testing.B) {
	for _, size := range []int{1 << 10, 4 << 20} {
		for _, where := range []string{"memory", "directory"} {
			for _, conditional := range []bool{false, true} {
				b.Run(fmt.Sprintf("%s/%dKiB/conditional=%v", where, size>>10, conditional), func(b *testing.B) {
					options := Options{Buckets: []string{"bucket"}}
					if where == "directory" {
						options.Dir = b.TempDir()
					}
					putMany(b, options, size, conditional)
				})
			}
		}
	}
}

func putMany(b *testing.B, options Options, size int, conditional bool) {
	b.Helper()
	s, err := New(options)
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(s)
	defer server.Close()
	client := awss3.New(awss3.Options{
		BaseEndpoint: &server.URL, Region: "us-east-1", UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	body := bytes.Repeat([]byte("x"), size)
	var n atomic.Int64
	b.SetBytes(int64(size))
	b.SetParallelism(2)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			// A few hundred keys, each overwritten, so that memory stays bounded; new keys when a condition forbids that.
			i := n.Add(1)
			input := &awss3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String(fmt.Sprintf("k/%06d", i%200)), Body: bytes.NewReader(body)}
			if conditional {
				input.Key, input.IfNoneMatch = aws.String(fmt.Sprintf("c/%06d", i)), aws.String("*")
			}
			if _, err := client.PutObject(b.Context(), input); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "objects/s")
}
