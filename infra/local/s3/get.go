package s3

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// getObject answers GetObject and HeadObject from one version of the object, whatever is written meanwhile.
func (s *Service) getObject(w http.ResponseWriter, r *http.Request, route Route) error {
	if r.URL.Query().Has("partNumber") {
		return errUnsupported("partNumber")
	}
	if err := checkVersion(r); err != nil {
		return err
	}
	o, reader, err := s.open(route)
	if err != nil {
		return err
	}
	defer func() { _ = reader.Close() }() // only read from: closing cannot lose anything
	w.Header().Set("ETag", `"`+o.ETag+`"`)
	w.Header().Set("Last-Modified", o.Modified.Format(http.TimeFormat))
	if err := checkRead(r.Header, o); err != nil {
		return err
	}
	part, whole, err := parseRange(r.Header.Get("Range"), o.Size)
	if err != nil {
		return err
	}
	describe(w.Header(), r, o, part, whole)
	if whole {
		w.WriteHeader(http.StatusOK)
	} else {
		w.WriteHeader(http.StatusPartialContent)
	}
	if r.Method == http.MethodHead {
		return nil
	}
	// The header is out, so all that an error can still do is to leave the body shorter than promised; net/http then cuts
	// the connection.
	_, _ = io.Copy(w, io.NewSectionReader(reader, part.start, part.length))
	return nil
}

// describe writes the headers of an object. A checksum over the whole object is not sent with a part of it, since clients
// would hold the part against it.
func describe(header http.Header, r *http.Request, o *object, part byteRange, whole bool) {
	o.Headers.send(header)
	header.Set("Accept-Ranges", "bytes")
	header.Set("Content-Length", strconv.FormatInt(part.length, 10))
	if !whole {
		header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", part.start, part.start+part.length-1, o.Size))
	}
	if whole && strings.EqualFold(r.Header.Get("X-Amz-Checksum-Mode"), "ENABLED") {
		o.Checksum.send(header)
	}
	for parameter, values := range r.URL.Query() {
		if name, ok := strings.CutPrefix(parameter, "response-"); ok && isAttribute(http.CanonicalHeaderKey(name)) {
			header.Set(name, values[0])
		}
	}
}
