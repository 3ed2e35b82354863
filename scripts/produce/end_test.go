package produce

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/streamrec/streamrec/infra/local/fault"
	local "github.com/streamrec/streamrec/infra/local/kinesis"
)

// TestRefusals makes runs that cannot begin. Each says in one sentence what to do, and leaves nothing behind.
func TestRefusals(t *testing.T) {
	describe := func(e fault.Effect) func(*stack) {
		return func(s *stack) {
			s.create(1)
			s.faults.Add(fault.Rule{Match: fault.Match{Operations: []string{"DescribeStreamSummary"}}, Effect: e})
		}
	}
	tests := []struct {
		name    string
		prepare func(*stack)
		want    string
	}{
		{"missing stream", func(*stack) {}, `stream "clicks": there is no such stream in this account and region; create it (aws kinesis create-stream --stream-name clicks --shard-count 2) or name another one with --stream`},
		{"wrong credentials", describe(fault.Effect{Kind: fault.KindError, Code: "UnrecognizedClientException", Message: "The security token is invalid."}), `stream "clicks": the credentials are not accepted: UnrecognizedClientException: The security token is invalid; check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, and what they may do`},
		{"silent endpoint", describe(fault.Hang()), `stream "clicks": the endpoint cannot be reached: no answer in time; is it running, and is AWS_ENDPOINT_URL or AWS_REGION right?`},
		{"cut connections", describe(fault.Cut()), `the endpoint cannot be reached`},
		{"broken service", describe(fault.Error("InternalFailure")), `stream "clicks": the service fails: InternalFailure: An injected fault; try again later`},
		{"no credentials", func(s *stack) {
			options := s.client.Options()
			options.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{}, errors.New("none found")
			})
			s.client = kinesis.New(options)
		}, `none found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			onStack(t, 0, func(t *testing.T, s *stack) {
				tt.prepare(s)
				acks := filepath.Join(t.TempDir(), "acks")
				r := s.run(t.Context(), Options{File: "-", AckLog: acks}, events(10))
				if !errors.Is(r.err, ErrRefused) || errors.Is(r.err, ErrUsage) || !strings.Contains(r.err.Error(), tt.want) {
					t.Errorf("error %v, want a refusal: %s", r.err, tt.want)
				}
				if strings.ContainsAny(r.err.Error(), "\n") || len(r.err.Error()) > 400 {
					t.Errorf("%q is not a sentence", r.err)
				}
				if r.stdout != "" || r.stderr != "" {
					t.Errorf("stdout %q, stderr %q, want nothing", r.stdout, r.stderr)
				}
				if _, err := os.Stat(acks); !errors.Is(err, os.ErrNotExist) {
					t.Errorf("an acknowledgement log was made: %v", err)
				}
			})
		})
	}
}

func TestStreamThatIsBeingCreated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStack(t, local.Options{CreateDelay: time.Minute})
		s.create(1)
		r := s.run(t.Context(), Options{File: "-"}, events(1))
		if want := `stream "clicks": the stream is not active: its status is CREATING; try again when it is ACTIVE`; !errors.Is(r.err, ErrRefused) || r.err.Error() != want {
			t.Errorf("error %v, want %q", r.err, want)
		}
		time.Sleep(time.Minute)
		s.mustRun(Options{File: "-"}, events(1))
	})
}

func TestStreamThatIsDeletedMeanwhile(t *testing.T) {
	onStack(t, 1, func(t *testing.T, s *stack) {
		time.AfterFunc(2*time.Second, func() {
			if _, err := s.reader.DeleteStream(t.Context(), &kinesis.DeleteStreamInput{StreamName: new(streamName)}); err != nil {
				t.Error(err)
			}
		})
		r := s.run(t.Context(), Options{Shop: true, Rate: 10}, "")
		if r.err == nil || errors.Is(r.err, ErrRefused) || !strings.HasPrefix(r.err.Error(), `produce: stream "clicks": there is no such stream`) {
			t.Errorf("error %v, want a failure: there is no such stream", r.err)
		}
		if r.summary.Records < 19 || r.summary.Records > 20 || r.summary.Unacknowledged == 0 {
			t.Errorf("summary %+v, want what was put in 2 s, and the rest unacknowledged", r.summary)
		}
		if !strings.Contains(r.stdout, "UNACKNOWLEDGED") {
			t.Errorf("stdout %q, want the summary of what was done", r.stdout)
		}
	})
}

func TestInterruptEndsNormally(t *testing.T) {
	tests := map[string]Options{
		"shop":         {Shop: true, Rate: 100},
		"file":         {File: "-", Rate: 100},
		"replay":       {File: "-", Speed: 0.01},
		"full backlog": {Shop: true},
	}
	for name, o := range tests {
		t.Run(name, func(t *testing.T) {
			onStack(t, 1, func(t *testing.T, s *stack) {
				s.faults.Add(fault.Rule{Match: fault.Match{Operations: []string{"PutRecords"}}, Effect: fault.Delay(200 * time.Millisecond)})
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second+time.Microsecond)
				defer cancel()
				o.AckLog = filepath.Join(t.TempDir(), "acks")
				r := s.run(ctx, o, events(2000))
				if r.err != nil {
					t.Fatalf("error %v after an interrupt, want none", r.err)
				}
				if !r.summary.Interrupted || r.summary.Unacknowledged != 0 {
					t.Errorf("summary %+v, want an interrupt and everything acknowledged", r.summary)
				}
				if got := int64(len(s.records())); got != r.summary.Records || got == 0 || int64(len(readAcks(t, o.AckLog))) != got {
					t.Errorf("%d records in the stream, summary %+v", got, r.summary)
				}
				if r.took > 3*time.Second+grace {
					t.Errorf("took %v", r.took)
				}
			})
		})
	}
}

func TestInterruptDoesNotWaitForStandardInput(t *testing.T) {
	onStack(t, 1, func(t *testing.T, s *stack) {
		in, out := io.Pipe() // somebody types two lines and then nothing
		typed := make(chan error, 1)
		go func() {
			_, err := io.WriteString(out, events(2))
			typed <- err
		}()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		var stdout, stderr bytes.Buffer
		start := time.Now()
		sum, err := Run(ctx, Options{Stream: streamName, File: "-"}, Deps{Client: s.client, Stdin: in, Stdout: &stdout, Stderr: &stderr})
		if err != nil || sum.Records != 2 || time.Since(start) != time.Hour {
			t.Errorf("run: %v, %+v after %v; want 2 records and the interrupt after 1h", err, sum, time.Since(start))
		}
		if err := errors.Join(<-typed, out.Close()); err != nil { // lets the read return
			t.Fatal(err)
		}
	})
}

func TestGraceAfterInterruptIsBounded(t *testing.T) {
	onStack(t, 1, func(t *testing.T, s *stack) {
		s.faults.Add(fault.Rule{Match: fault.Match{Operations: []string{"PutRecords"}}, Effect: fault.Hang()})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		r := s.run(ctx, Options{Shop: true, Rate: 10}, "")
		if want := "produce: interrupted, and not everything was acknowledged within 20s"; r.err == nil || r.err.Error() != want {
			t.Errorf("error %v, want %q", r.err, want)
		}
		if r.took != time.Second+grace || r.summary.Unacknowledged < 10 {
			t.Errorf("took %v, %+v; want 21s and everything unacknowledged", r.took, r.summary)
		}
	})
}

func TestInterruptBeforeAnything(t *testing.T) {
	onStack(t, 1, func(t *testing.T, s *stack) {
		ctx, cancel := context.WithCancelCause(t.Context())
		cause := errors.New("changed my mind")
		cancel(cause)
		if r := s.run(ctx, Options{Shop: true}, ""); !errors.Is(r.err, cause) || errors.Is(r.err, ErrRefused) {
			t.Errorf("error %v, want %v", r.err, cause)
		}
	})
}

func TestSourceThatFails(t *testing.T) {
	onStack(t, 1, func(t *testing.T, s *stack) {
		broken := errors.New("disk on fire")
		var stdout, stderr bytes.Buffer
		in := io.MultiReader(strings.NewReader(events(7)), &failing{broken})
		sum, err := Run(t.Context(), Options{Stream: streamName, File: "-"}, Deps{Client: s.client, Stdin: in, Stdout: &stdout, Stderr: &stderr})
		if !errors.Is(err, broken) || sum.Records != 7 {
			t.Errorf("run: %v, %+v; want 7 records and %v", err, sum, broken)
		}
	})
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

func TestAckLogThatCannotBeWritten(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("there is no /dev/full")
	}
	onStack(t, 1, func(t *testing.T, s *stack) {
		r := s.run(t.Context(), Options{Shop: true, Rate: 2000, AckLog: "/dev/full"}, "")
		if r.err == nil || !strings.HasPrefix(r.err.Error(), "write acknowledgement log: write /dev/full: no space left on device") {
			t.Errorf("error %v, want that the log cannot be written", r.err)
		}
		if r.took > 2*time.Second {
			t.Errorf("goes on for %v without a log", r.took)
		}
	})
}

func TestSummaryThatCannotBePrinted(t *testing.T) {
	onStack(t, 1, func(t *testing.T, s *stack) {
		for _, format := range []string{"table", "json"} {
			_, err := Run(t.Context(), Options{Stream: streamName, Shop: true, Limit: 1, Output: format},
				Deps{Client: s.client, Stdout: brokenPipe{}, Stderr: io.Discard})
			if !errors.Is(err, io.ErrClosedPipe) {
				t.Errorf("%s: error %v, want %v", format, err, io.ErrClosedPipe)
			}
		}
	})
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
