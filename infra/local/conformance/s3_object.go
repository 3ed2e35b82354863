package conformance

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// read gets an object, or the part of it that a Range header selects.
func (b *s3Bucket) read(key, span string) (*s3.GetObjectOutput, string, error) {
	input := &s3.GetObjectInput{Bucket: &b.name, Key: &key}
	if span != "" {
		input.Range = &span
	}
	output, err := b.GetObject(b.ctx, input)
	if err != nil {
		return nil, "", err
	}
	body, err := io.ReadAll(output.Body)
	return output, string(body), errors.Join(err, output.Body.Close())
}

// deleteAll deletes keys with one DeleteObjects and returns those that are reported as deleted.
func (b *s3Bucket) deleteAll(keys ...string) ([]string, error) {
	batch := &types.Delete{}
	for _, key := range keys {
		batch.Objects = append(batch.Objects, types.ObjectIdentifier{Key: aws.String(key)})
	}
	output, err := b.DeleteObjects(b.ctx, &s3.DeleteObjectsInput{Bucket: &b.name, Delete: batch})
	if err != nil {
		return nil, err
	}
	var deleted []string
	for _, object := range output.Deleted {
		deleted = append(deleted, *object.Key)
	}
	if len(output.Errors) > 0 {
		return deleted, fmt.Errorf("%d keys not deleted", len(output.Errors))
	}
	return deleted, nil
}

func s3ObjectChecks() []s3Check {
	return []s3Check{
		{"PutObject/GetObject metadata, type, MD5 ETag", func(b *s3Bucket) error {
			const body = "hello, Luleå"
			stored, err := b.put("k", body, func(input *s3.PutObjectInput) {
				input.ContentType, input.Metadata = aws.String("text/plain"), map[string]string{"shard": "0", "first": "4959"}
			})
			if err != nil {
				return err
			}
			output, got, err := b.read("k", "")
			if err != nil {
				return err
			}
			sum := md5.Sum([]byte(body))
			etag := `"` + hex.EncodeToString(sum[:]) + `"`
			return errors.Join(s3Equal("body", got, body), s3Equal("type", *output.ContentType, "text/plain"),
				s3Equal("ETag of GET", *output.ETag, etag), s3Equal("ETag of PUT", *stored.ETag, etag),
				s3Equal("metadata", fmt.Sprint(output.Metadata), fmt.Sprint(map[string]string{"shard": "0", "first": "4959"})),
				s3Equal("length", *output.ContentLength, int64(len(body))))
		}},
		{"HeadObject metadata; missing 404; Get NoSuchKey", func(b *s3Bucket) error {
			if _, err := b.put("k", "12345", func(input *s3.PutObjectInput) { input.Metadata = map[string]string{"a": "1"} }); err != nil {
				return err
			}
			output, err := b.head("k")
			if err != nil {
				return err
			}
			_, missing := b.head("missing")
			_, _, absent := b.read("missing", "")
			age := time.Since(*output.LastModified)
			return errors.Join(s3Equal("metadata", output.Metadata["a"], "1"), s3Equal("length", *output.ContentLength, 5),
				s3Equal("fresh", age > -time.Minute && age < time.Minute, true),
				s3Refused("HEAD", missing, 404, "NotFound"), s3Refused("GET", absent, 404, "NoSuchKey"))
		}},
		{"an overwrite replaces body, type and all metadata", func(b *s3Bucket) error {
			_, err := b.put("k", "first", func(input *s3.PutObjectInput) {
				input.ContentType, input.CacheControl, input.Metadata = aws.String("text/plain"), aws.String("no-cache"), map[string]string{"old": "1"}
			})
			if err != nil {
				return err
			}
			if _, err := b.put("k", "2nd", func(input *s3.PutObjectInput) { input.Metadata = map[string]string{"new": "2"} }); err != nil {
				return err
			}
			output, body, err := b.read("k", "")
			if err != nil {
				return err
			}
			return errors.Join(s3Equal("body", body, "2nd"), s3Equal("type", *output.ContentType, "application/octet-stream"),
				s3Equal("cache", aws.ToString(output.CacheControl), ""),
				s3Equal("metadata", strings.Join(slices.Collect(maps.Keys(output.Metadata)), " "), "new"))
		}},
		{"Cache-Control, Content-Encoding, -Disposition, -Language are kept", func(b *s3Bucket) error {
			_, err := b.put("k", "x", func(input *s3.PutObjectInput) {
				input.CacheControl, input.ContentEncoding = aws.String("max-age=5"), aws.String("gzip")
				input.ContentDisposition, input.ContentLanguage = aws.String(`attachment; filename="x"`), aws.String("sv")
			})
			if err != nil {
				return err
			}
			output, err := b.head("k")
			if err != nil {
				return err
			}
			return errors.Join(s3Equal("cache", aws.ToString(output.CacheControl), "max-age=5"),
				s3Equal("encoding", aws.ToString(output.ContentEncoding), "gzip"),
				s3Equal("disposition", aws.ToString(output.ContentDisposition), `attachment; filename="x"`),
				s3Equal("language", aws.ToString(output.ContentLanguage), "sv"))
		}},
		{"Range GET middle, suffix, 416", checkS3Ranges},
		{"keys with = : + space and unicode", func(b *s3Bucket) error {
			return checkS3Keys(b, "gen=0/dt=2026-11-23/hour=07/shardId-000000000000-1.parquet", "a:b", "a+b", "a b", "a%2Fb",
				"Luleå/Münster", "日本/語", "quote\"&<>'", "tilde~", "emoji😀")
		}},
		{"keys that file systems cannot have", func(b *s3Bucket) error {
			return checkS3Keys(b, "a//b", "./a", "a/../b", "..", "/a", strings.Repeat("long/", 200), strings.Repeat("x", 1024))
		}},
		{"\"a\" and \"a/b\" and \"a/\" are three objects", func(b *s3Bucket) error {
			for _, key := range []string{"a/b", "a", "a/"} {
				if _, err := b.put(key, key); err != nil {
					return err
				}
			}
			var errs []error
			for _, key := range []string{"a", "a/", "a/b"} {
				_, body, err := b.read(key, "")
				errs = append(errs, err, s3Equal(key, body, key))
			}
			listed, err := b.keys(s3.ListObjectsV2Input{})
			return errors.Join(append(errs, err, s3SameKeys("listing", listed, "a", "a/", "a/b"))...)
		}},
		{"CopyObject with metadata REPLACE", checkS3Copy},
		{"checksum SHA256 stored, bad CRC32 rejected", checkS3Checksums},
		{"a large object survives", func(b *s3Bucket) error {
			body := bytes.Repeat([]byte("0123456789abcdef"), 1<<19) // 8 MiB
			_, err := b.PutObject(b.ctx, &s3.PutObjectInput{Bucket: &b.name, Key: aws.String("k"), Body: bytes.NewReader(body)})
			if err != nil {
				return err
			}
			_, got, err := b.read("k", "")
			return errors.Join(err, s3Equal("body is the same", got == string(body), true))
		}},
	}
}

func checkS3Ranges(b *s3Bucket) error {
	if _, err := b.put("k", "0123456789"); err != nil {
		return err
	}
	var errs []error
	for span, want := range map[string][2]string{
		"bytes=2-4": {"234", "bytes 2-4/10"}, "bytes=7-": {"789", "bytes 7-9/10"}, "bytes=-3": {"789", "bytes 7-9/10"},
		"bytes=-20": {"0123456789", "bytes 0-9/10"}, "bytes=8-99": {"89", "bytes 8-9/10"}, "bytes=0-0": {"0", "bytes 0-0/10"},
	} {
		output, body, err := b.read("k", span)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", span, err))
			continue
		}
		errs = append(errs, s3Equal(span, body, want[0]), s3Equal(span, aws.ToString(output.ContentRange), want[1]),
			s3Equal(span+" length", *output.ContentLength, int64(len(want[0]))))
	}
	_, _, err := b.read("k", "bytes=10-12")
	return errors.Join(append(errs, s3Refused("behind the end", err, 416, "InvalidRange"))...)
}

func checkS3Keys(b *s3Bucket, keys ...string) error {
	var errs []error
	for _, key := range keys {
		if _, err := b.put(key, "body of "+key); err != nil {
			errs = append(errs, fmt.Errorf("put %q: %w", key, err))
			continue
		}
		_, body, err := b.read(key, "")
		errs = append(errs, err, s3Equal(key, body, "body of "+key))
	}
	listed, err := b.keys(s3.ListObjectsV2Input{})
	slices.Sort(keys)
	errs = append(errs, err, s3SameKeys("listing", listed, keys...))
	_, err = b.put(strings.Repeat("x", 1025), "")
	return errors.Join(append(errs, s3Refused("key of 1025 bytes", err, 400, "KeyTooLongError"))...)
}

func checkS3Copy(b *s3Bucket) error {
	if _, err := b.put("from/a=1", "body", func(input *s3.PutObjectInput) { input.Metadata = map[string]string{"old": "1"} }); err != nil {
		return err
	}
	source := aws.String(b.name + "/from/a%3D1")
	if _, err := b.CopyObject(b.ctx, &s3.CopyObjectInput{Bucket: &b.name, Key: aws.String("kept"), CopySource: source}); err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	_, err := b.CopyObject(b.ctx, &s3.CopyObjectInput{
		Bucket: &b.name, Key: aws.String("replaced"), CopySource: source,
		MetadataDirective: types.MetadataDirectiveReplace, Metadata: map[string]string{"new": "2"},
	})
	if err != nil {
		return fmt.Errorf("copy with REPLACE: %w", err)
	}
	kept, keptBody, err := b.read("kept", "")
	if err != nil {
		return err
	}
	replaced, _, err := b.read("replaced", "")
	if err != nil {
		return err
	}
	_, missing := b.CopyObject(b.ctx, &s3.CopyObjectInput{Bucket: &b.name, Key: aws.String("x"), CopySource: aws.String(b.name + "/missing")})
	return errors.Join(s3Equal("body", keptBody, "body"), s3Equal("kept", fmt.Sprint(kept.Metadata), "map[old:1]"),
		s3Equal("replaced", fmt.Sprint(replaced.Metadata), "map[new:2]"), s3Refused("missing source", missing, 404, "NoSuchKey"))
}

func checkS3Checksums(b *s3Bucket) error {
	const body = "checked"
	sum := sha256.Sum256([]byte(body))
	want := base64.StdEncoding.EncodeToString(sum[:])
	_, err := b.put("k", body, func(input *s3.PutObjectInput) { input.ChecksumAlgorithm = types.ChecksumAlgorithmSha256 })
	if err != nil {
		return err
	}
	output, err := b.head("k")
	if err != nil {
		return err
	}
	_, crc := b.put("bad", body, func(input *s3.PutObjectInput) { input.ChecksumCRC32 = aws.String("AAAAAA==") })
	_, sha := b.put("bad", body, func(input *s3.PutObjectInput) {
		input.ChecksumSHA256 = aws.String(base64.StdEncoding.EncodeToString(make([]byte, 32)))
	})
	_, md := b.put("bad", body, func(input *s3.PutObjectInput) {
		input.ContentMD5 = aws.String(base64.StdEncoding.EncodeToString(make([]byte, 16)))
	})
	_, missing := b.head("bad")
	return errors.Join(s3Equal("SHA256", aws.ToString(output.ChecksumSHA256), want),
		s3Refused("wrong CRC32", crc, 400, "BadDigest"), s3Refused("wrong SHA256", sha, 400, "BadDigest"),
		s3Refused("wrong MD5", md, 400, "BadDigest"), s3Refused("nothing stored", missing, 404, "NotFound"))
}
