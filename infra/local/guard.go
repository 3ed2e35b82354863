package local

import (
	"net/http"

	"github.com/streamrec/streamrec/infra/local/fault"
)

// verdict is what is wrong with a request's signature, in the words of S3 and of the others.
type verdict struct {
	s3, s3Message     string
	json, jsonMessage string
}

var (
	unsigned = verdict{
		"AccessDenied", "Access Denied",
		"MissingAuthenticationTokenException", "Missing Authentication Token",
	}
	malformed = verdict{
		"AuthorizationHeaderMalformed", "The authorization header you provided is invalid.",
		"IncompleteSignatureException", "The authorization header you provided is invalid.",
	}
	unknownKey = verdict{
		"InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.",
		"UnrecognizedClientException", "The security token included in the request is invalid.",
	}
	wrongSecret = verdict{
		"SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
		"InvalidSignatureException", "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.",
	}
)

// guard lets only requests pass that are signed with one of the credentials.
func guard(credentials map[string]string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		call := fault.CallOf(r)
		if wrong := judge(r, call, credentials); wrong != nil {
			fault.Answer(w, r, call, wrong.effect(call))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// judge returns what is wrong with a request, or nil.
func judge(r *http.Request, call fault.Call, credentials map[string]string) *verdict {
	if r.Header.Get("Authorization") == "" {
		return &unsigned
	}
	signature, ok := parseSignature(r.Header.Get("Authorization"))
	if !ok || signature.service != call.Service {
		return &malformed
	}
	secret, known := credentials[signature.accessKey]
	if !known {
		return &unknownKey
	}
	hash, err := payloadHash(r, call)
	if err != nil || !signature.verify(r, hash, secret) {
		return &wrongSecret
	}
	return nil
}

// effect is the answer to a request.
func (v *verdict) effect(call fault.Call) fault.Effect {
	if call.Service == fault.S3 {
		return fault.Effect{Code: v.s3, Message: v.s3Message}
	}
	return fault.Effect{Code: v.json, Message: v.jsonMessage}
}
