package s3

import (
	"bytes"
	"crypto/md5" // the ETag of S3
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// maxDocument bounds the XML documents that requests carry, in bytes.
const maxDocument = 4 << 20

// payload is the body of a request as the client meant it: decoded, counted, and verified against every digest that the
// request gives. Read returns io.EOF only for a body that is whole and right, and a refusal for any other end.
type payload struct {
	source   io.Reader
	size     int64 // bytes that there must be
	read     int64
	sinks    io.Writer // all hashes
	etag     hash.Hash
	digests  []digest
	checksum checksum          // its Value is set at the latest at the end
	trailer  map[string]string // of an aws-chunked body, filled at its end
	err      error
}

// digest is a hash over the body and what it has to be.
type digest struct {
	hash  hash.Hash
	want  []byte
	wrong error
}

// newPayload reads what r's header says about its body; limit is the largest size allowed, in bytes.
func newPayload(r *http.Request, limit int64) (*payload, error) {
	p := &payload{etag: md5.New()}
	if err := p.measure(r); err != nil {
		return nil, err
	}
	if p.size > limit {
		return nil, errTooLarge
	}
	var err error
	if p.checksum, err = declaredChecksum(r.Header); err != nil {
		return nil, err
	}
	if p.checksum.Header != "" && p.checksum.Value == "" && p.trailer == nil {
		return nil, errInvalidRequest("x-amz-trailer needs a body in the aws-chunked encoding.")
	}
	if err := p.expect(r.Header); err != nil {
		return nil, err
	}
	sinks := []io.Writer{p.etag}
	for _, d := range p.digests {
		if d.hash != p.etag {
			sinks = append(sinks, d.hash)
		}
	}
	p.sinks = io.MultiWriter(sinks...)
	return p, nil
}

// measure finds the encoding and the decoded size.
func (p *payload) measure(r *http.Request) error {
	if !isChunked(r.Header) {
		p.source, p.size = r.Body, r.ContentLength
		if p.size < 0 {
			return errMissingLength
		}
		return nil
	}
	size, err := strconv.ParseInt(r.Header.Get("X-Amz-Decoded-Content-Length"), 10, 64)
	if err != nil || size < 0 {
		return errMissingLength
	}
	decoder := newChunkReader(r.Body)
	p.source, p.size, p.trailer = decoder, size, decoder.trailer
	return nil
}

func isChunked(header http.Header) bool {
	return strings.HasPrefix(header.Get("X-Amz-Content-Sha256"), "STREAMING-") ||
		strings.Contains(header.Get("Content-Encoding"), "aws-chunked")
}

// expect collects the digests that the header gives. The checksum comes last, so that its hash is that of the last digest.
func (p *payload) expect(header http.Header) error {
	if _, ok := header["Content-Md5"]; ok {
		want, err := base64.StdEncoding.DecodeString(header.Get("Content-Md5"))
		if err != nil || len(want) != md5.Size {
			return errInvalidDigest
		}
		p.digests = append(p.digests, digest{p.etag, want, errBadDigest("Content-MD5")})
	}
	if claim := header.Get("X-Amz-Content-Sha256"); len(claim) == 2*sha256.Size {
		want, err := hex.DecodeString(claim)
		if err != nil {
			return errPayloadMismatch
		}
		p.digests = append(p.digests, digest{sha256.New(), want, errPayloadMismatch})
	}
	if p.checksum.Header == "" {
		return nil
	}
	want, err := base64.StdEncoding.DecodeString(p.checksum.Value)
	p.digests = append(p.digests, digest{newChecksumHash(p.checksum.Header), want, errBadDigest(algorithmOf(p.checksum.Header))})
	return err
}

// Read reads the decoded body.
func (p *payload) Read(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	n, err := p.source.Read(b)
	p.read += int64(n)
	if p.read > p.size {
		p.err = errIncompleteBody
		return 0, p.err
	}
	_, _ = p.sinks.Write(b[:n]) // a hash.Hash never fails
	switch {
	case err == io.EOF:
		p.err = p.verify()
	case err != nil:
		p.err = truncated(err)
	}
	return n, p.err
}

// verify judges the whole body; io.EOF means that it is right.
func (p *payload) verify() error {
	if p.read != p.size {
		return errIncompleteBody
	}
	if p.trailer != nil && p.checksum.Header != "" {
		if err := p.takeTrailer(); err != nil {
			return err
		}
	}
	for _, d := range p.digests {
		if !bytes.Equal(d.hash.Sum(nil), d.want) {
			return d.wrong
		}
	}
	return io.EOF
}

// takeTrailer takes the announced checksum from the trailer.
func (p *payload) takeTrailer() error {
	if p.checksum.Value != "" {
		return nil
	}
	last := &p.digests[len(p.digests)-1]
	value := p.trailer[strings.ToLower(p.checksum.Header)]
	want, err := base64.StdEncoding.DecodeString(value)
	if err != nil || len(want) != last.hash.Size() {
		return errTrailer
	}
	p.checksum.Value, last.want = value, want
	return nil
}

// sum is the MD5 of what was read.
func (p *payload) sum() []byte { return p.etag.Sum(nil) }

// readBody reads and verifies a whole body of at most limit bytes.
func (s *Service) readBody(r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength < 0 && !isChunked(r.Header) {
		return nil, errMissingLength
	}
	body, err := newPayload(r, limit)
	if err != nil {
		return nil, err
	}
	return readAll(body, body.size)
}

// readAll reads a body whose size is promised, without trusting the promise with more than 64 MiB of memory.
func readAll(body io.Reader, size int64) ([]byte, error) {
	var buffer bytes.Buffer
	buffer.Grow(int(min(size, 64<<20)) + bytes.MinRead)
	if _, err := buffer.ReadFrom(body); err != nil {
		return nil, err
	}
	return buffer.Bytes(), nil
}
