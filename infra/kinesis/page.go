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
	defer free(body)
	if quick(resp.Response, body, page) {
		return nil
	}
	return unpanicked(func() error { return p.ClientProtocol.DeserializeResponse(ctx, schema, types, resp, out) })
}

// quick reads a page into body, and out of it. When it reports false, the answer can be read again.
func quick(response *http.Response, body *bytes.Buffer, out *kinesis.GetRecordsOutput) bool {
	if n := response.ContentLength; n > 0 && n <= keptBody {
		body.Grow(int(n) + bytes.MinRead)
	}
	rest := response.Body
	if _, err := body.ReadFrom(rest); err == nil && readPage(body.Bytes(), out) {
		return true
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body.Bytes()), rest), rest} // rest fails again, or is at its end
	return false
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

func free(body *bytes.Buffer) {
	if body.Cap() <= keptBody {
		body.Reset()
		bodies.Put(body)
	}
}
