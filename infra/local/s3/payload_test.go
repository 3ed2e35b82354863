package s3

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/streamrec/streamrec/infra/local/inprocess"
)

func encoded(sum []byte) string { return base64.StdEncoding.EncodeToString(sum) }

func crc32Of(body string) string {
	return encoded(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(body))))
}

func TestDigestsAreVerified(t *testing.T) {
	const body = "hello"
	md := md5.Sum([]byte(body))
	sha := sha256.Sum256([]byte(body))
	trailing := func(lines ...string) string { return string(chunk([]byte(body), 3, "", lines...)) }
	streaming := []string{"x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "x-amz-decoded-content-length", "5"}
	trailer := append([]string{"content-encoding", "aws-chunked", "x-amz-trailer", "x-amz-checksum-crc32"}, streaming...)
	cases := []struct {
		name, body string
		header     []string
		status     int
		code       string
	}{
		{"none", body, nil, 200, ""},
		{"MD5", body, []string{"content-md5", encoded(md[:])}, 200, ""},
		{"wrong MD5", body, []string{"content-md5", encoded(make([]byte, 16))}, 400, "BadDigest"},
		{"MD5 that is none", body, []string{"content-md5", "abc"}, 400, "InvalidDigest"},
		{"payload hash", body, []string{"x-amz-content-sha256", hex.EncodeToString(sha[:])}, 200, ""},
		{"wrong payload hash", body, []string{"x-amz-content-sha256", strings.Repeat("0", 64)}, 400, "XAmzContentSHA256Mismatch"},
		{"payload hash that is none", body, []string{"x-amz-content-sha256", strings.Repeat("x", 64)}, 400, "XAmzContentSHA256Mismatch"},
		{"CRC32", body, []string{"x-amz-checksum-crc32", crc32Of(body)}, 200, ""},
		{"wrong CRC32", body, []string{"x-amz-checksum-crc32", "AAAAAA=="}, 400, "BadDigest"},
		{"CRC32 of the wrong length", body, []string{"x-amz-checksum-crc32", "AAAA"}, 400, "InvalidRequest"},
		{"CRC32C", body, []string{"x-amz-checksum-crc32c", "mnG7TA=="}, 200, ""},
		{"CRC64NVME", body, []string{"x-amz-checksum-crc64nvme", "M3eFcAZSQlc="}, 200, ""},
		{"SHA1", body, []string{"x-amz-checksum-sha1", "qvTGHdzF6KLavt4PO0gs2a6pQ00="}, 200, ""},
		{"SHA256", body, []string{"x-amz-checksum-sha256", encoded(sha[:])}, 200, ""},
		{"wrong SHA256", body, []string{"x-amz-checksum-sha256", encoded(make([]byte, 32))}, 400, "BadDigest"},
		{"two checksums", body, []string{"x-amz-checksum-sha256", encoded(sha[:]), "x-amz-checksum-crc32", crc32Of(body)}, 400, "InvalidRequest"},
		{"announced and not there", body, []string{"x-amz-sdk-checksum-algorithm", "CRC32"}, 400, "InvalidRequest"},
		{"right and wrong", body, []string{"content-md5", encoded(md[:]), "x-amz-checksum-crc32", "AAAAAA=="}, 400, "BadDigest"},
		{"trailer", trailing("x-amz-checksum-crc32:" + crc32Of(body)), trailer, 200, ""},
		{"wrong trailer", trailing("x-amz-checksum-crc32:AAAAAA=="), trailer, 400, "BadDigest"},
		{"trailer missing", trailing(), trailer, 400, "MalformedTrailerError"},
		{"other trailer", trailing("x-amz-checksum-crc32c:mnG7TA=="), trailer, 400, "MalformedTrailerError"},
		{"trailer of no known checksum", trailing("x-amz-meta-a:b"), append(streaming, "x-amz-trailer", "x-amz-meta-a"), 400, "InvalidRequest"},
		{"trailer without chunks", body, []string{"x-amz-trailer", "x-amz-checksum-crc32"}, 400, "InvalidRequest"},
		{"chunks without checksum", trailing(), streaming, 200, ""},
		{"chunks without length", trailing(), streaming[:2], 411, "MissingContentLength"},
		{"more than the decoded length", trailing(), append(streaming[:2:2], "x-amz-decoded-content-length", "4"), 400, "IncompleteBody"},
		{"less than the decoded length", trailing(), append(streaming[:2:2], "x-amz-decoded-content-length", "6"), 400, "IncompleteBody"},
		{"cut chunks", trailing()[:7], streaming, 400, "IncompleteBody"},
	}
	stores(t, func(t *testing.T, options Options) {
		s := open(t, options)
		for _, c := range cases {
			send(t, s, http.MethodPut, object1, c.body, c.header...).want(t, c.name, c.status, c.code)
			stored := send(t, s, http.MethodGet, object1, "")
			if c.status == 200 {
				stored.want(t, c.name+", read back", 200, "")
				if stored.body != body || stored.header.Get("Content-Encoding") != "" {
					t.Errorf("%s: read back %q, %v", c.name, stored.body, stored.header)
				}
			} else {
				stored.want(t, c.name+", nothing stored", 404, "NoSuchKey")
			}
			send(t, s, http.MethodDelete, object1, "").want(t, "delete", 204, "")
		}
	})
}

func TestChecksumVectors(t *testing.T) {
	// The check values of the catalogue of CRC algorithms: the checksum of the digits 1 to 9.
	for header, want := range map[string]string{
		"X-Amz-Checksum-Crc32": "cbf43926", "X-Amz-Checksum-Crc32c": "e3069283", "X-Amz-Checksum-Crc64nvme": "ae8b14860a799888",
	} {
		h := newChecksumHash(header)
		_, _ = h.Write([]byte("123456789"))
		if got := hex.EncodeToString(h.Sum(nil)); got != want {
			t.Errorf("%s: got %s, want %s", header, got, want)
		}
	}
}

func TestChecksumIsSentOnlyWithWholeObjects(t *testing.T) {
	s := open(t, Options{})
	send(t, s, http.MethodPut, object1, "hello", "x-amz-checksum-crc32", crc32Of("hello")).want(t, "put", 200, "")
	for _, c := range []struct {
		header []string
		want   string
	}{
		{nil, ""},
		{[]string{"x-amz-checksum-mode", "ENABLED"}, crc32Of("hello")},
		{[]string{"x-amz-checksum-mode", "ENABLED", "range", "bytes=0-2"}, ""},
	} {
		if got := send(t, s, http.MethodGet, object1, "", c.header...).header.Get("X-Amz-Checksum-Crc32"); got != c.want {
			t.Errorf("%v: got %q, want %q", c.header, got, c.want)
		}
	}
}

// brokenBody is a client that promises more than it sends.
type brokenBody struct{ io.Reader }

func TestTruncatedBodiesAreRefused(t *testing.T) {
	stores(t, func(t *testing.T, options Options) {
		s := open(t, options)
		send(t, s, http.MethodPut, object1, "before").want(t, "put", 200, "")
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, object1, brokenBody{strings.NewReader("aft")})
		if err != nil {
			t.Fatal(err)
		}
		r.ContentLength = 5
		response, err := inprocess.Client(s).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		if response.StatusCode != 400 {
			t.Errorf("got %s", response.Status)
		}
		if got := send(t, s, http.MethodGet, object1, ""); got.body != "before" {
			t.Errorf("got %q", got.body)
		}
	})
}

func TestBodiesThatAreTooLargeAreRefusedUnread(t *testing.T) {
	s := open(t, Options{MaxObjectBytes: 4})
	send(t, s, http.MethodPut, object1, "12345").want(t, "put", 400, "EntityTooLarge")
	send(t, s, http.MethodPut, object1, "1234").want(t, "put", 200, "")
	send(t, s, http.MethodPost, "http://127.0.0.1/bucket?delete", strings.Repeat(" ", maxDocument+1)).want(t, "delete", 400, "EntityTooLarge")
}

func TestUnknownLengthIsRefused(t *testing.T) {
	s := open(t, Options{})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, object1, brokenBody{strings.NewReader("x")})
	if err != nil {
		t.Fatal(err)
	}
	response, err := inprocess.Client(s).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusLengthRequired {
		t.Errorf("got %s", response.Status)
	}
}
