package fault

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Rule is one scripted fault. Its parts are flat in JSON.
type Rule struct {
	Match
	When
	Effect
}

// Match selects calls. Every field that is not empty has to agree; the zero value selects all calls.
type Match struct {
	// Services are any of "kinesis", "dynamodb" and "s3".
	Services []string `json:"services,omitempty"`
	// Operations are names of API calls, such as "PutObject", "UpdateItem" or "GetRecords".
	Operations []string `json:"operations,omitempty"`
	// AccessKey is the access key id that signed the request.
	AccessKey string `json:"accessKey,omitempty"`
	// Resource is the bucket, table or stream that the request names. Calls that name none, such as GetRecords with an
	// iterator alone, do not agree with any.
	Resource string `json:"resource,omitempty"`
	// Prefix begins the object's key. Only calls on objects of S3 have one.
	Prefix string `json:"prefix,omitempty"`
	// Body is contained in the JSON body of a Kinesis or DynamoDB call, byte for byte.
	Body string `json:"body,omitempty"`
}

// selects reports whether a call agrees.
func (m Match) selects(c Call) bool {
	return (len(m.Services) == 0 || slices.Contains(m.Services, c.Service)) &&
		(len(m.Operations) == 0 || slices.Contains(m.Operations, c.Operation)) &&
		(m.AccessKey == "" || m.AccessKey == c.AccessKey) &&
		(m.Resource == "" || slices.Contains(c.Resources, m.Resource)) &&
		(m.Prefix == "" || c.Key != "" && strings.HasPrefix(c.Key, m.Prefix)) &&
		(m.Body == "" || strings.Contains(string(c.Body), m.Body))
}

// needsBody reports whether a JSON body has to be read to decide.
func (m Match) needsBody() bool { return m.Resource != "" || m.Body != "" }

// When selects among the matching calls, in this order: the first After are passed over, then every Every-th is a candidate,
// each of which is taken with Probability, until Times have been taken. The zero value takes all.
type When struct {
	After       int     `json:"after,omitempty"`
	Every       int     `json:"every,omitempty"`       // 0 means 1
	Probability float64 `json:"probability,omitempty"` // 0 means 1
	Times       int     `json:"times,omitempty"`       // 0 means without end
}

// Always takes every matching call until the rule is removed.
func Always() When { return When{} }

// First takes the first n matching calls.
func First(n int) When { return When{Times: n} }

// Nth takes the n-th matching call only, counted from 1.
func Nth(n int) When { return When{After: n - 1, Times: 1} }

// Every takes every n-th matching call.
func Every(n int) When { return When{After: n - 1, Every: n} }

// Chance takes each matching call with probability p.
func Chance(p float64) When { return When{Probability: p} }

// Kind names an effect.
type Kind string

// The kinds of effects.
const (
	KindError      Kind = "error"
	KindThrottle   Kind = "throttle"
	KindDelay      Kind = "delay"
	KindLate       Kind = "late"
	KindLoseAnswer Kind = "lose-answer"
	KindCut        Kind = "cut"
	KindHang       Kind = "hang"
	KindTruncate   Kind = "truncate"
)

// Effect is what happens to a call that is taken.
type Effect struct {
	Kind Kind `json:"effect"`
	// Code, Status and Message make up an error. Status defaults to what the service sends with the code.
	Code    string `json:"code,omitempty"`
	Status  int    `json:"status,omitempty"`
	Message string `json:"message,omitempty"`
	// Wait is how long a delay or a late effect takes.
	Wait Duration `json:"wait,omitempty"`
	// Bytes is how much of the body a truncated answer still has.
	Bytes int64 `json:"bytes,omitempty"`
}

// Error answers with an error code, such as "InternalError", in the form of the service that is called.
func Error(code string) Effect { return Effect{Kind: KindError, Code: code} }

// Throttle answers as the service does to a client that is too fast.
func Throttle() Effect { return Effect{Kind: KindThrottle} }

// Delay lets the request wait for d, then go on.
func Delay(d time.Duration) Effect { return Effect{Kind: KindDelay, Wait: Duration(d)} }

// Late applies the request after d, even when the client has given up by then.
func Late(d time.Duration) Effect { return Effect{Kind: KindLate, Wait: Duration(d)} }

// LoseAnswer applies the request and cuts the connection instead of answering.
func LoseAnswer() Effect { return Effect{Kind: KindLoseAnswer} }

// Cut cuts the connection; the request is not applied.
func Cut() Effect { return Effect{Kind: KindCut} }

// Hang does nothing until the client gives up; the request is not applied.
func Hang() Effect { return Effect{Kind: KindHang} }

// Truncate applies the request and cuts the answer after n bytes of its body.
func Truncate(n int64) Effect { return Effect{Kind: KindTruncate, Bytes: n} }

// Validate returns everything that is wrong with a rule.
func (r Rule) Validate() error {
	var errs []error
	for _, service := range r.Services {
		if !slices.Contains([]string{Kinesis, DynamoDB, S3}, service) {
			errs = append(errs, fmt.Errorf("unknown service %q", service))
		}
	}
	if r.After < 0 || r.Every < 0 || r.Times < 0 || r.Bytes < 0 || r.Wait < 0 {
		errs = append(errs, errors.New("after, every, times, bytes and wait must not be negative"))
	}
	if !(r.Probability >= 0 && r.Probability <= 1) {
		errs = append(errs, fmt.Errorf("probability %v is not between 0 and 1", r.Probability))
	}
	if r.Status != 0 && (r.Status < http.StatusBadRequest || r.Status > 599) {
		errs = append(errs, fmt.Errorf("status %d is not that of an error", r.Status))
	}
	return errors.Join(append(errs, r.Effect.validate())...)
}

func (e Effect) validate() error {
	switch e.Kind {
	case KindError:
		if e.Code == "" {
			return errors.New("an error needs a code")
		}
	case KindDelay, KindLate:
		if e.Wait == 0 {
			return fmt.Errorf("the effect %q needs a wait", e.Kind)
		}
	case KindThrottle, KindLoseAnswer, KindCut, KindHang, KindTruncate:
	default:
		return fmt.Errorf("unknown effect %q", e.Kind)
	}
	return nil
}

// Duration is a time.Duration that is written as text, such as "250ms".
type Duration time.Duration

// MarshalText writes the duration.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads a duration.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = Duration(parsed)
	return err
}
