package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	faults "github.com/streamrec/streamrec/infra/local/fault"
	"github.com/streamrec/streamrec/infra/transport"
	"github.com/streamrec/streamrec/scripts/process"
	"github.com/streamrec/streamrec/scripts/reshard"
	"github.com/streamrec/streamrec/worker"
)

// The names of what is worked on.
const (
	appName    = "soak"
	streamName = "clicks"
	bucketName = "lake"
	region     = "eu-north-1"
)

// stack is the services, in a process of their own, and how to reach them.
type stack struct {
	dir, binary, endpoint string
	local                 *process.Process
	faults                faults.Remote
	stream                reshard.Stream
}

// openStack builds the binary, unless there is one, and starts the services.
func openStack(ctx context.Context, o options, dir string) (*stack, error) {
	s := &stack{dir: dir, binary: o.binary}
	if s.binary == "" {
		s.binary = filepath.Join(dir, "streamrec")
		if out, err := exec.CommandContext(ctx, "go", "build", "-o", s.binary, "github.com/streamrec/streamrec/scripts/streamrec").CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build the streamrec binary: %w\n%s", err, out)
		}
	}
	local, err := s.start("local", "local", nil, nil, "local", "--listen", "127.0.0.1:0", "-o", "json", "--faults", "--data-dir", filepath.Join(dir, "services"),
		"--create-stream", streamName+"="+strconv.Itoa(o.shards), "--bucket", bucketName)
	if err != nil {
		return nil, err
	}
	s.local = local
	if s.endpoint, err = local.Endpoint(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.faults = faults.Remote{Endpoint: s.endpoint}
	s.stream = reshard.Stream{Name: streamName, Sleep: sleep, Client: kinesis.NewFromConfig(aws.Config{
		Region: region, BaseEndpoint: &s.endpoint, HTTPClient: transport.WholeBody{Next: http.DefaultClient},
		Credentials: credentials.NewStaticCredentialsProvider("soak", "secret", ""),
	})}
	return s, nil
}

// environment is all that a process sees: nothing of this one but what every program needs.
func (s *stack) environment(accessKey string) []string {
	none := filepath.Join(s.dir, "none")
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "TMPDIR=" + s.dir, "AWS_CONFIG_FILE=" + none, "AWS_SHARED_CREDENTIALS_FILE=" + none,
		"AWS_EC2_METADATA_DISABLED=true", "AWS_REGION=" + region, "AWS_ENDPOINT_URL=" + s.endpoint, "AWS_ACCESS_KEY_ID=" + accessKey, "AWS_SECRET_ACCESS_KEY=secret",
	}
}

// sink is where a stream of a process goes; nil is its log in memory.
type sink interface{ Write([]byte) (int, error) }

// start starts a command of the binary.
func (s *stack) start(name, accessKey string, stdout, stderr sink, args ...string) (*process.Process, error) {
	c := process.Command{Name: name, Path: s.binary, Args: args, Env: s.environment(accessKey)}
	if stdout != nil {
		c.Stdout = stdout
	}
	if stderr != nil {
		c.Stderr = stderr
	}
	return process.Start(c)
}

// deployment has the flags that name what workers and tools work on.
func deployment() []string {
	return []string{"--app", appName, "--stream", streamName, "--bucket", bucketName}
}

// size is how many bytes of disk the folder takes.
func size(dir string) (sum int64) {
	_ = filepath.WalkDir(dir, func(_ string, e os.DirEntry, err error) error { // what has just been removed takes nothing
		if err == nil && !e.IsDir() {
			if info, err := e.Info(); err == nil {
				sum += info.Size()
			}
		}
		return nil
	})
	return sum
}

func (s *stack) close() error {
	_, err := s.local.Kill()
	return err
}

// sleep returns after d, or earlier with the cause of ctx's end.
func sleep(ctx context.Context, d time.Duration) error { return worker.System{}.Sleep(ctx, d) }
