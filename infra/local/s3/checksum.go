package s3

import (
	"crypto/sha1" // the protocol offers it
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"net/http"
	"strings"
)

// nvmePolynomial is that of CRC-64/NVME, reversed as package crc64 takes it.
const nvmePolynomial = 0x9a6c_9329_ac4b_c9b5

// checksum is a checksum of S3's "flexible checksums": its header, and its value in base64.
type checksum struct {
	Header string `json:"header,omitempty"` // canonical, "X-Amz-Checksum-Crc32"; empty for none
	Value  string `json:"value,omitempty"`
}

// newChecksumHash returns the hash that a checksum header names, or nil.
func newChecksumHash(header string) hash.Hash {
	switch strings.ToLower(header) {
	case "x-amz-checksum-crc32":
		return crc32.NewIEEE()
	case "x-amz-checksum-crc32c":
		return crc32.New(crc32.MakeTable(crc32.Castagnoli))
	case "x-amz-checksum-crc64nvme":
		return crc64.New(crc64.MakeTable(nvmePolynomial))
	case "x-amz-checksum-sha1":
		return sha1.New()
	case "x-amz-checksum-sha256":
		return sha256.New()
	default:
		return nil
	}
}

// algorithmOf gives the name of a checksum header's algorithm as S3 writes it in messages.
func algorithmOf(header string) string {
	return strings.ToUpper(header[len("x-amz-checksum-"):])
}

// declaredChecksum finds the one checksum that a request's header or announced trailer gives. The value is empty when it
// is to come in the trailer.
func declaredChecksum(header http.Header) (checksum, error) {
	var found checksum
	for name := range header {
		if newChecksumHash(name) == nil {
			continue
		}
		if found.Header != "" {
			return found, errInvalidRequest("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
		}
		found = checksum{Header: name, Value: header.Get(name)}
		if raw, err := base64.StdEncoding.DecodeString(found.Value); err != nil || len(raw) != newChecksumHash(name).Size() {
			return found, errInvalidRequest("Value for " + strings.ToLower(name) + " header is invalid.")
		}
	}
	trailer := header.Get("X-Amz-Trailer")
	switch {
	case trailer == "" && found.Header == "" && header.Get("X-Amz-Sdk-Checksum-Algorithm") != "":
		return found, errInvalidRequest("x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.")
	case trailer == "":
		return found, nil
	case found.Header != "" || newChecksumHash(trailer) == nil:
		return found, errInvalidRequest("The value specified in the x-amz-trailer header is not supported")
	default:
		return checksum{Header: http.CanonicalHeaderKey(trailer)}, nil
	}
}
