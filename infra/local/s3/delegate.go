package s3

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// maxDeletes is how many keys one DeleteObjects may name.
const maxDeletes = 1000

// delegate lets gofakes3 answer, after everything that it would not check or would get wrong has been dealt with.
func (s *Service) delegate(w http.ResponseWriter, r *http.Request, route Route) error {
	if route.Operation == "CompleteMultipartUpload" && (r.Header.Get("If-None-Match") != "" || r.Header.Get("If-Match") != "") {
		return errUnsupported("a condition on CompleteMultipartUpload")
	}
	limit := int64(maxDocument)
	if route.Operation == "UploadPart" {
		limit = s.options.MaxObjectBytes
	}
	var body []byte
	if r.Method == http.MethodPut || r.Method == http.MethodPost {
		var err error
		if body, err = s.readBody(r, limit); err != nil {
			return err
		}
	}
	if route.Operation == "DeleteObjects" {
		if err := checkDeletes(body); err != nil {
			return err
		}
	}
	headers, err := newAttributes(r.Header)
	if err != nil {
		return err
	}
	s.fallback.ServeHTTP(w, plain(r, route, headers, body))
	return nil
}

// plain is a request as gofakes3 takes it: in path style, with a decoded body, and without the headers that it would keep
// with an object although they belong to the transfer.
func plain(r *http.Request, route Route, headers attributes, body []byte) *http.Request {
	clean := r.Clone(r.Context())
	clean.URL = &url.URL{Path: "/" + route.Bucket + "/" + route.Key, RawQuery: r.URL.RawQuery}
	if route.Key == "" {
		clean.URL.Path = "/" + route.Bucket
	}
	clean.Header = http.Header{}
	for name, value := range headers {
		clean.Header.Set(name, value)
	}
	clean.Header.Set("Content-Length", strconv.Itoa(len(body)))
	clean.ContentLength = int64(len(body))
	clean.Body = io.NopCloser(bytes.NewReader(body))
	return clean
}

// deleteDocument is what of a DeleteObjects request gofakes3 does not look at.
type deleteDocument struct {
	Objects []struct {
		Key              string
		VersionID        string `xml:"VersionId"`
		ETag             string
		LastModifiedTime string
		Size             string
	} `xml:"Object"`
}

// checkDeletes refuses conditions and versions, which gofakes3 would overlook and delete the object.
func checkDeletes(body []byte) error {
	var document deleteDocument
	if err := xml.NewDecoder(bytes.NewReader(body)).Decode(&document); err != nil {
		return errMalformedXML
	}
	if len(document.Objects) == 0 || len(document.Objects) > maxDeletes {
		return errMalformedXML
	}
	for _, o := range document.Objects {
		switch {
		case o.Key == "":
			return errMalformedXML
		case o.VersionID != "" && !strings.EqualFold(o.VersionID, "null"):
			return errUnsupported("VersionId in DeleteObjects")
		case o.ETag+o.LastModifiedTime+o.Size != "":
			return errUnsupported("a condition in DeleteObjects")
		}
	}
	return nil
}
