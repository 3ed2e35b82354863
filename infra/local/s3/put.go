package s3

import (
	"encoding/hex"
	"net/http"
)

// putObject stores an object in one step. Nothing is visible before the whole body has been verified.
func (s *Service) putObject(w http.ResponseWriter, r *http.Request, route Route) error {
	condition, err := putCondition(r.Header)
	if err != nil {
		return err
	}
	headers, err := newAttributes(r.Header)
	if err != nil {
		return err
	}
	body, err := newPayload(r, s.options.MaxObjectBytes)
	if err != nil {
		return err
	}
	bucket, err := s.store.bucket(route.Bucket)
	if err != nil {
		return err
	}
	draft, err := s.store.vault.stage(body, body.size)
	if err != nil {
		return err
	}
	o := &object{
		Key: route.Key, Size: body.size, ETag: hex.EncodeToString(body.sum()),
		Modified: s.options.Now().UTC(), Headers: headers, Checksum: body.checksum,
	}
	if err := bucket.put(o, draft, condition); err != nil {
		return err
	}
	w.Header().Set("ETag", `"`+o.ETag+`"`)
	o.Checksum.send(w.Header())
	w.WriteHeader(http.StatusOK)
	return nil
}

// send writes the checksum as response headers, if there is one.
func (c checksum) send(header http.Header) {
	if c.Header == "" {
		return
	}
	header.Set(c.Header, c.Value)
	header.Set("X-Amz-Checksum-Type", "FULL_OBJECT")
}

// deleteObject deletes an object. There is none to delete is success, unless a condition asks for one.
func (s *Service) deleteObject(w http.ResponseWriter, r *http.Request, route Route) error {
	condition, err := deleteCondition(r.Header)
	if err != nil {
		return err
	}
	if err := checkVersion(r); err != nil {
		return err
	}
	bucket, err := s.store.bucket(route.Bucket)
	if err != nil {
		return err
	}
	if err := bucket.remove(route.Key, condition); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// checkVersion refuses versions other than "null", the only one of a bucket without versioning.
func checkVersion(r *http.Request) error {
	switch r.URL.Query().Get("versionId") {
	case "", "null":
		return nil
	default:
		return errInvalidArgument("Invalid version id specified")
	}
}
