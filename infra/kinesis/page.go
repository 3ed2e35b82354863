package kinesis

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// quickPages is an option of a call of GetRecords, whose answers are nearly all that a worker reads: it reads them in a fraction of the SDK's time and
// with some allocations a page instead of nine a record. The records of a page share memory. What readPage does not know, the SDK reads, and with what
// both read they agree: see FuzzPage. It is not an option of the client: kinesis.New of another client's options forgets the protocol.
func quickPages(o *kinesis.Options) { o.Protocol = pages{o.Protocol} }

// pages is a protocol with a quick way for pages of records.
type pages struct{ smithyhttp.ClientProtocol }

// bodies are buffers for the answers that are being read. One of the largest answers does not stay.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

const keptBody = 4 << 20

// DeserializeResponse implements smithyhttp.ClientProtocol.
func (p pages) DeserializeResponse(
	ctx context.Context, schema *smithy.OperationSchema, types *smithy.TypeRegistry, resp *smithyhttp.Response, out smithy.Deserializable,
) error {
	page, ok := out.(*kinesis.GetRecordsOutput)
	if !ok || resp.StatusCode != http.StatusOK {
		return p.ClientProtocol.DeserializeResponse(ctx, schema, types, resp, out)
	}
	body := bodies.Get().(*bytes.Buffer)
	defer release(body)
	if n := resp.ContentLength; n > 0 && n <= keptBody {
		body.Grow(int(n) + bytes.MinRead)
	}
	if _, err := body.ReadFrom(resp.Body); err != nil {
		return &smithy.DeserializationError{Err: err}
	}
	if readPage(body.Bytes(), page) {
		return nil
	}
	whole := resp.Body // which the caller closes
	defer func() { resp.Body = whole }()
	resp.Body = io.NopCloser(bytes.NewReader(body.Bytes()))
	return unpanicked(func() error { return p.ClientProtocol.DeserializeResponse(ctx, schema, types, resp, out) })
}

// unpanicked makes an error of a panic: the SDK has one for a time that is "NaN" (smithy-go v1.28.8).
func unpanicked(read func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = &smithy.DeserializationError{Err: fmt.Errorf("read answer: %v", cause)}
		}
	}()
	return read()
}

func release(body *bytes.Buffer) {
	if body.Cap() <= keptBody {
		body.Reset()
		bodies.Put(body)
	}
}
