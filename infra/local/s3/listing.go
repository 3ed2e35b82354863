package s3

import (
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// maxKeys is the most entries of one page of a listing.
const maxKeys = 1000

// listDocument is the answer to ListObjects and ListObjectsV2; what only one of them has is a pointer.
type listDocument struct {
	XMLName               xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListBucketResult"`
	Name                  string
	Prefix                string
	Marker                *string
	NextMarker            string `xml:",omitempty"`
	StartAfter            string `xml:",omitempty"`
	ContinuationToken     string `xml:",omitempty"`
	NextContinuationToken string `xml:",omitempty"`
	KeyCount              *int
	MaxKeys               int
	Delimiter             string `xml:",omitempty"`
	EncodingType          string `xml:",omitempty"`
	IsTruncated           bool
	Contents              []listedObject
	CommonPrefixes        []listedPrefix
}

type listedObject struct {
	Key          string
	LastModified string
	ETag         string
	Size         int64
	StorageClass string
}

type listedPrefix struct {
	Prefix string
}

// listObjects answers both versions of the listing.
func (s *Service) listObjects(w http.ResponseWriter, r *http.Request, route Route) error {
	query := r.URL.Query()
	encoding := query.Get("encoding-type")
	if encoding != "" && encoding != "url" {
		return errInvalidArgument("Invalid Encoding Method specified in Request")
	}
	wanted, err := readSelection(query, route.Operation)
	if err != nil {
		return err
	}
	bucket, err := s.store.bucket(route.Bucket)
	if err != nil {
		return err
	}
	found := bucket.list(wanted)
	document := listDocument{
		Name: route.Bucket, Prefix: encodeKey(wanted.prefix, encoding), Delimiter: encodeKey(wanted.delimiter, encoding),
		MaxKeys: wanted.limit, EncodingType: encoding, IsTruncated: found.next != "",
	}
	document.fill(found, encoding)
	if route.Operation == "ListObjectsV2" {
		document.continueV2(query, found, encoding)
	} else {
		document.continueV1(wanted, found, encoding)
	}
	w.Header().Set("Content-Type", "application/xml")
	writeXML(w, document)
	return nil
}

// readSelection reads what a listing asks for. A continuation token stands above start-after.
func readSelection(query url.Values, operation string) (selection, error) {
	s := selection{prefix: query.Get("prefix"), delimiter: query.Get("delimiter"), limit: maxKeys}
	if text := query.Get("max-keys"); text != "" {
		limit, err := strconv.ParseInt(text, 10, 32)
		if err != nil || limit < 0 {
			return s, errInvalidArgument("Argument maxKeys must be an integer between 0 and 2147483647")
		}
		s.limit = min(int(limit), maxKeys)
	}
	switch {
	case operation == "ListObjects":
		s.after = query.Get("marker")
	case query.Has("continuation-token"):
		after, err := base64.URLEncoding.DecodeString(query.Get("continuation-token"))
		if err != nil || len(after) == 0 {
			return s, errInvalidArgument("The continuation token provided is incorrect")
		}
		s.after = string(after)
	default:
		s.after = query.Get("start-after")
	}
	return s, nil
}

func (d *listDocument) fill(found page, encoding string) {
	for _, o := range found.objects {
		class := "STANDARD"
		if stored := o.Headers["X-Amz-Storage-Class"]; stored != "" {
			class = stored
		}
		d.Contents = append(d.Contents, listedObject{
			Key: encodeKey(o.Key, encoding), LastModified: o.Modified.Format("2006-01-02T15:04:05.000Z"),
			ETag: `"` + o.ETag + `"`, Size: o.Size, StorageClass: class,
		})
	}
	for _, prefix := range found.prefixes {
		d.CommonPrefixes = append(d.CommonPrefixes, listedPrefix{encodeKey(prefix, encoding)})
	}
}

// continueV2 says where the next page begins, in a token that clients do not look into.
func (d *listDocument) continueV2(query url.Values, found page, encoding string) {
	d.KeyCount = new(len(found.objects) + len(found.prefixes))
	d.StartAfter = encodeKey(query.Get("start-after"), encoding)
	d.ContinuationToken = query.Get("continuation-token")
	d.NextContinuationToken = base64.URLEncoding.EncodeToString([]byte(found.next))
}

// continueV1 names the last entry only when there is a delimiter: without one it is the last key.
func (d *listDocument) continueV1(wanted selection, found page, encoding string) {
	d.Marker = new(encodeKey(wanted.after, encoding))
	if wanted.delimiter != "" {
		d.NextMarker = encodeKey(found.next, encoding)
	}
}

// encodeKey writes a key as a listing with this encoding has it: keys may hold characters that XML cannot.
func encodeKey(key, encoding string) string {
	if encoding != "url" {
		return key
	}
	return strings.ReplaceAll(url.QueryEscape(key), "%2F", "/")
}
