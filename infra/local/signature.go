package local

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/streamrec/streamrec/infra/local/fault"
)

const (
	algorithm = "AWS4-HMAC-SHA256"
	// maxSigned is the largest body that is read to verify its signature, in bytes; S3 verifies its own bodies.
	maxSigned = 32 << 20
)

// signature is an Authorization header of AWS Signature Version 4.
type signature struct {
	accessKey, day, region, service string
	headers                         []string
	hex                             string
}

// parseSignature takes an Authorization header apart; it is false for anything but a complete one.
func parseSignature(header string) (signature, bool) {
	fields, ok := strings.CutPrefix(header, algorithm+" ")
	values := map[string]string{}
	for field := range strings.SplitSeq(fields, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		values[name] = value
	}
	scope := strings.Split(values["Credential"], "/")
	if !ok || len(scope) != 5 || scope[4] != "aws4_request" || values["SignedHeaders"] == "" {
		return signature{}, false
	}
	headers := strings.Split(values["SignedHeaders"], ";")
	if !slices.Contains(headers, "host") && !slices.Contains(headers, ":authority") {
		return signature{}, false
	}
	return signature{scope[0], scope[1], scope[2], scope[3], headers, values["Signature"]}, true
}

// verify reports whether the request was signed with secret.
func (s signature) verify(r *http.Request, payloadHash, secret string) bool {
	date := r.Header.Get("X-Amz-Date")
	scope := strings.Join([]string{s.day, s.region, s.service, "aws4_request"}, "/")
	request := sha256.Sum256([]byte(s.canonical(r, payloadHash)))
	key := []byte("AWS4" + secret)
	for _, part := range []string{s.day, s.region, s.service, "aws4_request"} {
		key = sign(key, part)
	}
	want := sign(key, strings.Join([]string{algorithm, date, scope, hex.EncodeToString(request[:])}, "\n"))
	got, err := hex.DecodeString(s.hex)
	return err == nil && strings.HasPrefix(date, s.day) && hmac.Equal(got, want)
}

func sign(key []byte, message string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(message))
	return mac.Sum(nil)
}

// canonical is the text that was signed.
func (s signature) canonical(r *http.Request, payloadHash string) string {
	var headers strings.Builder
	for _, name := range s.headers {
		headers.WriteString(name + ":" + headerValue(r, name) + "\n")
	}
	return strings.Join([]string{
		r.Method, escape(r.URL.Path, "/"), canonicalQuery(r.URL.Query()), headers.String(), strings.Join(s.headers, ";"), payloadHash,
	}, "\n")
}

// headerValue is a header as signed; net/http keeps some of them elsewhere. The JavaScript SDK signs :authority over HTTP/2.
func headerValue(r *http.Request, name string) string {
	switch name {
	case "host", ":authority":
		return r.Host
	case "content-length":
		return strconv.FormatInt(r.ContentLength, 10)
	}
	var values []string
	for _, value := range r.Header.Values(name) {
		values = append(values, strings.Join(strings.Fields(value), " "))
	}
	return strings.Join(values, ",")
}

// canonicalQuery is the query in the order of names, then values.
func canonicalQuery(query url.Values) string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(query)) {
		for _, value := range slices.Sorted(slices.Values(query[name])) {
			pairs = append(pairs, escape(name, "")+"="+escape(value, ""))
		}
	}
	return strings.Join(pairs, "&")
}

// escape escapes everything but unreserved characters and those in also.
func escape(text, also string) string {
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~"+also, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		const digits = "0123456789ABCDEF"
		b.WriteByte('%')
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}

// payloadHash is the hash of the body as it was signed. S3 holds the body against the header itself; the others do not, so
// theirs is computed, and the request is given an equal body.
func payloadHash(r *http.Request, call fault.Call) (string, error) {
	if call.Service == fault.S3 {
		return r.Header.Get("X-Amz-Content-Sha256"), nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxSigned))
	if err != nil {
		return "", err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:]), nil
}
