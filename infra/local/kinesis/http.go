package kinesis

import (
	"errors"
	"io"
	"math/rand/v2"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/sirupsen/logrus"
)

// TargetPrefix begins the X-Amz-Target header of every Kinesis request; a server that offers several services routes by it.
const TargetPrefix = "Kinesis_20131202."

const (
	contentJSON = "application/x-amz-json-1.1"
	contentCBOR = "application/x-amz-cbor-1.1"

	// maxBody is enough for the largest PutRecords in base64.
	maxBody = 20 << 20
)

// ServeHTTP answers one request of the AWS JSON 1.1 protocol. Signatures are not checked.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in, out := s.buffers.get(), s.buffers.get()
	defer s.buffers.put(in)
	defer s.buffers.put(out)
	c := call{out: *out}
	err := s.answer(&c, in, w, r)
	if err != nil {
		c.out = append(c.out[:0], s.explain(w, r, err)...)
	}
	*out = c.out
	s.write(w, err, c.out)
}

func (s *Service) answer(c *call, in *[]byte, w http.ResponseWriter, r *http.Request) (err error) {
	name, err := operationName(r)
	if err != nil {
		return err
	}
	run, known := s.operations[name]
	if !known {
		return clientFault("UnknownOperationException", "The operation %s is not offered by this local Kinesis.", name)
	}
	if s.isClosed() {
		return errClosed
	}
	if *in, err = readBody(*in, w, r); err != nil {
		return err
	}
	c.body, c.now = *in, s.now() // records arrive when the whole request has
	return run(c)
}

// operationName checks what the headers say.
func operationName(r *http.Request) (string, error) {
	name, found := strings.CutPrefix(r.Header.Get("X-Amz-Target"), TargetPrefix)
	if r.Method != http.MethodPost || !found {
		return "", &fault{http.StatusNotFound, "UnknownOperationException", "Expected a POST with a header X-Amz-Target: " + TargetPrefix + "<operation>."}
	}
	switch kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind {
	case contentJSON, "application/json":
		return name, nil
	case contentCBOR:
		return "", &fault{
			http.StatusUnsupportedMediaType, "SerializationException",
			"CBOR is not offered by this local Kinesis; let the client speak JSON (Java: AWS_CBOR_DISABLE=true or -Daws.cborEnabled=false).",
		}
	default:
		return "", &fault{http.StatusUnsupportedMediaType, "SerializationException", "Expected Content-Type " + contentJSON + "."}
	}
}

// readBody reads the whole body into buf, growing it as needed.
func readBody(buf []byte, w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return buf, nil
	}
	body := http.MaxBytesReader(w, r.Body, maxBody)
	if r.ContentLength > int64(cap(buf)) {
		buf = make([]byte, 0, min(r.ContentLength, maxBody)+1) // one more, so that the end is seen without growing
	}
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := body.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if errors.Is(err, io.EOF) {
			return buf, nil
		}
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			return buf, &fault{http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException", "The request is larger than any that can be valid."}
		}
		if err != nil {
			return buf, clientFault("RequestAbortedException", "The request ended early.")
		}
	}
}

// body is the JSON form of a fault.
func (f *fault) body() []byte {
	text := append([]byte(`{"__type":`), appendString(nil, []byte(f.code))...)
	text = append(text, `,"message":`...)
	return append(appendString(text, []byte(f.message)), '}')
}

// explain turns an error into a body. What is not the client's fault goes to the log.
func (s *Service) explain(w http.ResponseWriter, r *http.Request, err error) []byte {
	f := faultOf(err)
	if f.status >= http.StatusInternalServerError {
		s.options.Logger.WithFields(logrus.Fields{"operation": r.Header.Get("X-Amz-Target")}).WithError(err).Error("request failed")
	}
	w.Header().Set("x-amzn-ErrorType", f.code)
	return f.body()
}

func faultOf(err error) *fault {
	if f, ok := errors.AsType[*fault](err); ok {
		return f
	}
	return internalFailure()
}

func (s *Service) write(w http.ResponseWriter, err error, body []byte) {
	status := http.StatusOK
	if err != nil {
		status = faultOf(err).status
	}
	h := w.Header()
	h.Set("x-amzn-RequestId", requestID())
	h.Set("Content-Type", contentJSON)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		s.options.Logger.WithError(err).Debug("client did not take the response")
	}
}

// requestID is a random UUID; it only has to look like one and differ.
func requestID() string {
	const digits = "0123456789abcdef"
	text := []byte("xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx")
	hi, lo := rand.Uint64(), rand.Uint64() // not a secret
	for at, c := range text {
		if c == 'x' {
			text[at] = digits[lo&15]
			lo, hi = lo>>4|hi<<60, hi>>4
		}
	}
	return string(text)
}
