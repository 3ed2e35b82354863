package s3

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// refusal is an error of the S3 API.
type refusal struct {
	status  int
	code    string
	message string
}

// Error gives code and message.
func (r *refusal) Error() string { return r.code + ": " + r.message }

// The refusals that more than one place gives, with the words of Amazon S3.
var (
	errNoSuchBucket    = &refusal{http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist"}
	errNoSuchKey       = &refusal{http.StatusNotFound, "NoSuchKey", "The specified key does not exist."}
	errBucketOwned     = &refusal{http.StatusConflict, "BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it."}
	errBucketNotEmpty  = &refusal{http.StatusConflict, "BucketNotEmpty", "The bucket you tried to delete is not empty"}
	errPrecondition    = &refusal{http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold"}
	errNotModified     = &refusal{http.StatusNotModified, "NotModified", "Not Modified"}
	errInvalidRange    = &refusal{http.StatusRequestedRangeNotSatisfiable, "InvalidRange", "The requested range is not satisfiable"}
	errKeyTooLong      = &refusal{http.StatusBadRequest, "KeyTooLongError", "Your key is too long"}
	errMetadataTooBig  = &refusal{http.StatusBadRequest, "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size"}
	errTooLarge        = &refusal{http.StatusBadRequest, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"}
	errIncompleteBody  = &refusal{http.StatusBadRequest, "IncompleteBody", "The request body terminated unexpectedly"}
	errMissingLength   = &refusal{http.StatusLengthRequired, "MissingContentLength", "You must provide the Content-Length HTTP header."}
	errMalformedXML    = &refusal{http.StatusBadRequest, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema"}
	errPayloadMismatch = &refusal{http.StatusBadRequest, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed."}
	errTrailer         = &refusal{http.StatusBadRequest, "MalformedTrailerError", "The request contained trailing data that was not well-formed or did not conform to our published schema."}
	errInvalidDigest   = &refusal{http.StatusBadRequest, "InvalidDigest", "The Content-MD5 you specified was invalid."}
)

// errBadDigest says that a checksum over the body is wrong.
func errBadDigest(algorithm string) *refusal {
	return &refusal{http.StatusBadRequest, "BadDigest", "The " + algorithm + " you specified did not match the calculated checksum."}
}

// errInvalidRequest is a request that contradicts itself.
func errInvalidRequest(message string) *refusal {
	return &refusal{http.StatusBadRequest, "InvalidRequest", message}
}

// errInvalidArgument is a parameter that cannot have this value.
func errInvalidArgument(message string) *refusal {
	return &refusal{http.StatusBadRequest, "InvalidArgument", message}
}

// errUnsupported is S3's answer to a header that it does not support at this place.
func errUnsupported(what string) *refusal {
	return &refusal{http.StatusNotImplemented, "NotImplemented", "A header or parameter you provided implies functionality that this server does not have: " + what}
}

func refuseOperation(operation string) *refusal {
	switch operation {
	case "InvalidKey":
		return &refusal{http.StatusBadRequest, "InvalidURI", "The key is not UTF-8."}
	case "Unknown":
		return &refusal{http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource."}
	default:
		return &refusal{http.StatusNotImplemented, "NotImplemented", "This server does not have the operation " + operation}
	}
}

// asRefusal finds the refusal in an error; whatever else happened is the server's fault.
func asRefusal(err error) *refusal {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r
	}
	return &refusal{http.StatusInternalServerError, "InternalError", fmt.Sprintf("We encountered an internal error: %v", err)}
}

// errorDocument is the body of a refused request.
type errorDocument struct {
	XMLName    xml.Name `xml:"Error"`
	Code       string
	Message    string
	BucketName string `xml:",omitempty"`
	Key        string `xml:",omitempty"`
	RequestID  string `xml:"RequestId"`
	HostID     string `xml:"HostId"`
}

// writeError answers with a refusal. A client that is gone cannot be told, so errors of writing end here.
func writeError(w http.ResponseWriter, r *http.Request, route Route, refused *refusal) {
	header := w.Header()
	header.Del("Content-Length")
	if refused == errNotModified || r.Method == http.MethodHead {
		w.WriteHeader(refused.status)
		return
	}
	header.Set("Content-Type", "application/xml")
	w.WriteHeader(refused.status)
	id := header.Get("X-Amz-Request-Id")
	writeXML(w, errorDocument{Code: refused.code, Message: refused.message, BucketName: route.Bucket, Key: route.Key, RequestID: id, HostID: id})
}

func writeXML(w io.Writer, document any) {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return
	}
	_ = xml.NewEncoder(w).Encode(document)
}
