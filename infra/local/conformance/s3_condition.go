package conformance

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func s3IfAbsent(input *s3.PutObjectInput) { input.IfNoneMatch = aws.String("*") }

func s3IfMatch(etag string) func(*s3.PutObjectInput) {
	return func(input *s3.PutObjectInput) { input.IfMatch = &etag }
}

func s3ConditionChecks() []s3Check {
	return []s3Check{
		{"PutObject If-None-Match:* create ok, again 412", func(b *s3Bucket) error {
			if _, err := b.put("k", "first", s3IfAbsent); err != nil {
				return err
			}
			_, again := b.put("k", "second", s3IfAbsent)
			_, body, err := b.read("k", "")
			return errors.Join(s3Refused("second PUT", again, 412, "PreconditionFailed"), err, s3Equal("body", body, "first"))
		}},
		{"If-None-Match:* succeeds again after a DELETE", func(b *s3Bucket) error {
			if _, err := b.put("k", "first", s3IfAbsent); err != nil {
				return err
			}
			if _, err := b.DeleteObject(b.ctx, &s3.DeleteObjectInput{Bucket: &b.name, Key: aws.String("k")}); err != nil {
				return err
			}
			_, err := b.put("k", "second", s3IfAbsent)
			return err
		}},
		{"If-None-Match:* race x16, 20 rounds: one winner", func(b *s3Bucket) error {
			for round := range 20 {
				key := "race-" + strconv.Itoa(round)
				winner, err := b.race(key, func(writer string) error {
					_, err := b.put(key, writer, s3IfAbsent)
					return err
				})
				if err != nil {
					return fmt.Errorf("round %d: %w", round, err)
				}
				if _, body, err := b.read(key, ""); err != nil || body != winner {
					return fmt.Errorf("round %d: winner %s, stored %q, %w", round, winner, body, err)
				}
			}
			return nil
		}},
		{"If-Match race x16: one winner", func(b *s3Bucket) error {
			current, err := b.put("k", "start")
			if err != nil {
				return err
			}
			winner, err := b.race("k", func(writer string) error {
				_, err := b.put("k", writer, s3IfMatch(*current.ETag))
				return err
			})
			if err != nil {
				return err
			}
			_, body, err := b.read("k", "")
			return errors.Join(err, s3Equal("body", body, winner))
		}},
		{"PutObject If-Match right/wrong/missing key", func(b *s3Bucket) error {
			first, err := b.put("k", "first")
			if err != nil {
				return err
			}
			second, right := b.put("k", "second", s3IfMatch(*first.ETag))
			_, wrong := b.put("k", "third", s3IfMatch(*first.ETag))
			_, missing := b.put("missing", "x", s3IfMatch(*first.ETag))
			_, none := b.head("missing")
			output, err := b.head("k")
			if err := errors.Join(right, err); err != nil {
				return err
			}
			return errors.Join(s3Refused("wrong ETag", wrong, 412, "PreconditionFailed"), s3Refused("missing key", missing, 404, "NoSuchKey"),
				s3Refused("nothing stored", none, 404, ""), s3Equal("ETag", *output.ETag, *second.ETag))
		}},
		{"DeleteObject If-Match wrong -> 412", func(b *s3Bucket) error {
			stored, err := b.put("k", "x")
			if err != nil {
				return err
			}
			remove := func(etag string) error {
				_, err := b.DeleteObject(b.ctx, &s3.DeleteObjectInput{Bucket: &b.name, Key: aws.String("k"), IfMatch: &etag})
				return err
			}
			wrong := s3Refused("wrong ETag", remove(`"d41d8cd98f00b204e9800998ecf8427e"`), 412, "PreconditionFailed")
			if _, err := b.head("k"); err != nil {
				return errors.Join(wrong, fmt.Errorf("deleted all the same: %w", err))
			}
			right := remove(*stored.ETag)
			_, gone := b.head("k")
			return errors.Join(wrong, right, s3Refused("after the delete", gone, 404, ""))
		}},
		{"GetObject If-None-Match etag -> 304", func(b *s3Bucket) error {
			stored, err := b.put("k", "x")
			if err != nil {
				return err
			}
			_, same := b.GetObject(b.ctx, &s3.GetObjectInput{Bucket: &b.name, Key: aws.String("k"), IfNoneMatch: stored.ETag})
			return s3Refused("same ETag", same, 304, "")
		}},
		{"GetObject If-Match wrong -> 412, dates -> 304 and 412", func(b *s3Bucket) error {
			if _, err := b.put("k", "x"); err != nil {
				return err
			}
			get := func(input s3.GetObjectInput) error {
				input.Bucket, input.Key = &b.name, aws.String("k")
				output, err := b.GetObject(b.ctx, &input)
				if err != nil {
					return err
				}
				return output.Body.Close()
			}
			stored, err := b.head("k")
			if err != nil {
				return err
			}
			past := stored.LastModified.Add(-time.Hour)
			return errors.Join(
				s3Refused("If-Match", get(s3.GetObjectInput{IfMatch: aws.String(`"0"`)}), 412, "PreconditionFailed"),
				s3Refused("If-Unmodified-Since", get(s3.GetObjectInput{IfUnmodifiedSince: &past}), 412, "PreconditionFailed"),
				s3Refused("If-Modified-Since", get(s3.GetObjectInput{IfModifiedSince: stored.LastModified}), 304, ""),
				get(s3.GetObjectInput{IfModifiedSince: &past}), get(s3.GetObjectInput{IfUnmodifiedSince: stored.LastModified}),
			)
		}},
	}
}

// race lets 16 writers write at once and returns the one that succeeded; the others must be told 412, or 409 for having
// come at the same moment.
func (b *s3Bucket) race(key string, write func(writer string) error) (winner string, err error) {
	var wait sync.WaitGroup
	var winners atomic.Pointer[string]
	errs := make([]error, 16)
	for i := range errs {
		wait.Go(func() {
			writer := fmt.Sprintf("writer %d of %s", i, key)
			switch err := write(writer); {
			case err == nil && !winners.CompareAndSwap(nil, &writer):
				errs[i] = errors.New("a second winner")
			case err != nil && s3Refused("loser", err, 412, "PreconditionFailed") != nil:
				errs[i] = s3Refused("loser", err, 409, "ConditionalRequestConflict")
			}
		})
	}
	wait.Wait()
	if first := winners.Load(); first != nil {
		winner = *first
	} else {
		errs = append(errs, errors.New("no winner"))
	}
	return winner, errors.Join(errs...)
}
