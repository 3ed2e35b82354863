package dynamo

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"hash/crc32"
	"io"
	"net/http"
	"strconv"
	"strings"
)

const (
	targetPrefix = "DynamoDB_20120810."
	// maxBody is what the largest legal request, a batch of 16 MB, may take.
	maxBody = 17 << 20
)

// ServeHTTP answers one request of the AWS JSON 1.0 protocol: POST with the operation in X-Amz-Target. Signatures are not
// checked. GET answers the health check of the real service.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		reply(w, http.StatusOK, "text/plain", []byte("healthy: dynamodb."+s.region+".amazonaws.com \n"))
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		s.answer(w, nil, errBody(err))
		return
	}
	result, err := s.call(r.Header.Get("X-Amz-Target"), body)
	s.answer(w, result, err)
}

func errBody(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &fault{
			status: http.StatusRequestEntityTooLarge, kind: serviceSpace + "RequestEntityTooLargeException",
			message: "Request is larger than 16 MB",
		}
	}
	return malformed("Request body cannot be read")
}

// call runs the operation that a target names and records what it cost.
func (s *Service) call(target string, body []byte) (any, error) {
	name, ok := strings.CutPrefix(target, targetPrefix)
	run, known := s.operations[name]
	if !ok || !known {
		return nil, refuse(serviceSpace+"UnknownOperationException", "Operation %q is not supported by the local DynamoDB", target)
	}
	if s.isClosed() {
		return nil, errClosed
	}
	var used Usage
	result, err := run(body, &used)
	s.ledger.record(name, used)
	return result, err
}

// answer writes a result or a fault.
func (s *Service) answer(w http.ResponseWriter, result any, err error) {
	status := http.StatusOK
	if err != nil {
		f := faultOf(err)
		status, result = f.status, f
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(result); err != nil {
		s.log.WithError(err).Error("response cannot be encoded")
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	reply(w, status, "application/x-amz-json-1.0", bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

// reply writes a body with the headers that SDKs look at: they verify the checksum and log the request's id.
func reply(w http.ResponseWriter, status int, contentType string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10))
	h.Set("X-Amzn-Requestid", rand.Text()+rand.Text())
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone: there is nobody to tell
}
