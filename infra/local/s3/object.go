package s3

import (
	"net/http"
	"strings"
	"time"
)

// maxUserMetadata is S3's limit on names and values of user metadata together, in bytes.
const maxUserMetadata = 2 << 10

// object is one version of an object without its bytes. It never changes once it is in a bucket.
type object struct {
	Key      string     `json:"-"`
	Size     int64      `json:"size"`
	ETag     string     `json:"etag"` // hex MD5, without quotes
	Modified time.Time  `json:"modified"`
	Headers  attributes `json:"headers,omitempty"`
	Checksum checksum   `json:"checksum,omitzero"`
	content  content
}

// attributes are the headers that are stored with an object and sent with it, by canonical name.
type attributes map[string]string

// newAttributes selects them from a request's headers.
func newAttributes(header http.Header) (attributes, error) {
	a := attributes{}
	user := 0
	for name, values := range header {
		value := strings.Join(values, ",")
		if name == "Content-Encoding" {
			value = withoutChunked(value)
		}
		if value == "" || !isAttribute(name) {
			continue
		}
		if key, ok := strings.CutPrefix(name, "X-Amz-Meta-"); ok {
			user += len(key) + len(value)
		}
		a[name] = value
	}
	if user > maxUserMetadata {
		return nil, errMetadataTooBig
	}
	return a, nil
}

func isAttribute(name string) bool {
	switch name {
	case "Content-Type", "Content-Encoding", "Content-Disposition", "Content-Language", "Cache-Control", "Expires",
		"X-Amz-Storage-Class", "X-Amz-Website-Redirect-Location", "X-Amz-Server-Side-Encryption":
		return true
	}
	return strings.HasPrefix(name, "X-Amz-Meta-")
}

// withoutChunked removes the transfer's part from a Content-Encoding.
func withoutChunked(value string) string {
	var kept []string
	for encoding := range strings.SplitSeq(value, ",") {
		if encoding = strings.TrimSpace(encoding); encoding != "" && encoding != "aws-chunked" {
			kept = append(kept, encoding)
		}
	}
	return strings.Join(kept, ",")
}

// send writes the attributes as response headers. S3 sends the names of user metadata in lower case, whatever the request had.
func (a attributes) send(header http.Header) {
	header.Set("Content-Type", "binary/octet-stream")
	for name, value := range a {
		switch {
		case strings.HasPrefix(name, "X-Amz-Meta-"):
			header[strings.ToLower(name)] = []string{value}
		case name != "X-Amz-Storage-Class" || value != "STANDARD":
			header.Set(name, value)
		}
	}
}

// content is the bytes of an object. Open readers keep the bytes they were opened on.
type content interface {
	open() (contentReader, error)
}

// contentReader reads an object's bytes from any position.
type contentReader interface {
	ReadAt(p []byte, off int64) (int, error)
	Close() error
}
