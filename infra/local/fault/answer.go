package fault

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
)

// throttling is how a service tells a client to slow down.
func throttling(call Call) Effect {
	effect := Effect{Kind: KindError, Message: "Rate exceeded."}
	switch call.Service {
	case S3:
		effect.Code, effect.Message = "SlowDown", "Please reduce your request rate."
	case Kinesis:
		effect.Code = "LimitExceededException"
		switch call.Operation {
		case "PutRecord", "PutRecords", "GetRecords", "GetShardIterator":
			effect.Code = "ProvisionedThroughputExceededException"
		}
	default:
		effect.Code = "ThrottlingException"
		switch call.Operation {
		case "GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan", "BatchGetItem", "BatchWriteItem":
			effect.Code = "ProvisionedThroughputExceededException"
		}
	}
	return effect
}

// requestID marks answers that no service has given.
const requestID = "NOTHANDLED"

// Answer writes an error as the called service would; of effect only code, status and message count. The body is read first,
// so that a client that is still sending gets to read the answer. A broken body is a connection that is cut.
func Answer(w http.ResponseWriter, r *http.Request, call Call, effect Effect) {
	if r.Body != nil {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			panic(http.ErrAbortHandler)
		}
	}
	if effect.Status == 0 {
		effect.Status = statusOf(effect.Code)
	}
	if effect.Message == "" {
		effect.Message = "An injected fault."
	}
	if call.Service == S3 {
		answerXML(w, r, effect)
		return
	}
	answerJSON(w, call, effect)
}

// errorDocument is an error of S3.
type errorDocument struct {
	XMLName   xml.Name `xml:"Error"`
	Code      string
	Message   string
	RequestID string `xml:"RequestId"`
}

func answerXML(w http.ResponseWriter, r *http.Request, effect Effect) {
	w.Header().Set("Content-Type", "application/xml")
	w.Header().Set("X-Amz-Request-Id", requestID)
	w.WriteHeader(effect.Status)
	if r.Method == http.MethodHead {
		return
	}
	// A client that has gone needs no answer.
	_, _ = io.WriteString(w, xml.Header)
	_ = xml.NewEncoder(w).Encode(errorDocument{Code: effect.Code, Message: effect.Message, RequestID: requestID})
}

func answerJSON(w http.ResponseWriter, call Call, effect Effect) {
	kind, version := effect.Code, "1.1"
	if call.Service == DynamoDB {
		kind, version = "com.amazonaws.dynamodb.v20120810#"+effect.Code, "1.0"
	}
	w.Header().Set("Content-Type", "application/x-amz-json-"+version)
	w.Header().Set("X-Amzn-Requestid", requestID)
	w.WriteHeader(effect.Status)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": kind, "message": effect.Message}) // see answerXML
}

// statusOf is the status that goes with an error code.
func statusOf(code string) int {
	switch code {
	case "InternalError", "InternalFailure", "InternalServerError":
		return http.StatusInternalServerError
	case "SlowDown", "ServiceUnavailable":
		return http.StatusServiceUnavailable
	case "NoSuchKey", "NoSuchBucket", "NoSuchUpload":
		return http.StatusNotFound
	case "PreconditionFailed":
		return http.StatusPreconditionFailed
	case "ConditionalRequestConflict", "OperationAborted":
		return http.StatusConflict
	case "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "RequestTimeTooSkewed":
		return http.StatusForbidden
	default:
		return http.StatusBadRequest
	}
}
