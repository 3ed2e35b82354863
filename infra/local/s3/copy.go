package s3

import (
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// copyResult is the answer to a CopyObject.
type copyResult struct {
	XMLName      xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ CopyObjectResult"`
	LastModified string
	ETag         string
}

// copyObject copies an object with its attributes, or with those of the request when the directive is REPLACE. Its many
// conditions are refused: nothing of this project copies conditionally.
func (s *Service) copyObject(w http.ResponseWriter, r *http.Request, route Route) error {
	for name := range r.Header {
		if name == "If-Match" || name == "If-None-Match" || strings.HasPrefix(name, "X-Amz-Copy-Source-If-") {
			return errUnsupported(name + " on a copy")
		}
	}
	if _, err := s.readBody(r, 0); err != nil {
		return err
	}
	from, err := copySource(r.Header.Get("X-Amz-Copy-Source"))
	if err != nil {
		return err
	}
	source, reader, err := s.open(from)
	if err != nil {
		return err
	}
	defer func() { _ = reader.Close() }() // only read from: closing cannot lose anything
	replica, err := s.replica(r, route, from, source)
	if err != nil {
		return err
	}
	bucket, err := s.store.bucket(route.Bucket)
	if err != nil {
		return err
	}
	draft, err := s.store.vault.stage(io.NewSectionReader(reader, 0, source.Size), source.Size)
	if err != nil {
		return err
	}
	if err := bucket.put(replica, draft, writeCondition{}); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/xml")
	writeXML(w, copyResult{LastModified: replica.Modified.Format("2006-01-02T15:04:05.000Z"), ETag: `"` + replica.ETag + `"`})
	return nil
}

// copySource reads the object that a copy starts from: "bucket/key", escaped, with or without a leading slash.
func copySource(header string) (Route, error) {
	path, version, _ := strings.Cut(header, "?versionId=")
	path, err := url.PathUnescape(path)
	if err != nil || version != "" && version != "null" {
		return Route{}, errInvalidArgument("Invalid copy source object")
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return Route{Bucket: bucket, Key: key}, nil
}

func (s *Service) open(route Route) (*object, contentReader, error) {
	bucket, err := s.store.bucket(route.Bucket)
	if err != nil {
		return nil, nil, err
	}
	return bucket.open(route.Key)
}

// replica is the object that a copy creates.
func (s *Service) replica(r *http.Request, to, from Route, source *object) (*object, error) {
	headers := source.Headers
	switch r.Header.Get("X-Amz-Metadata-Directive") {
	case "", "COPY":
		if from.Bucket == to.Bucket && from.Key == to.Key {
			return nil, errInvalidRequest("This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata.")
		}
	case "REPLACE":
		var err error
		if headers, err = newAttributes(r.Header); err != nil {
			return nil, err
		}
	default:
		return nil, errInvalidArgument("Unknown metadata directive.")
	}
	return &object{
		Key: to.Key, Size: source.Size, ETag: source.ETag, Modified: s.options.Now().UTC(),
		Headers: headers, Checksum: source.Checksum,
	}, nil
}
