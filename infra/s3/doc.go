// Package s3 implements chain.Bucket on Amazon S3, or on a store that answers like it.
//
// Objects are written by one PutObject with If-None-Match: *, never by a multipart upload: a store that honours the condition there
// need not honour it in CompleteMultipartUpload. The SDK may repeat a PUT whose answer was lost, and then reports the 412 that its
// first attempt has caused; package chain reads the object and finds its own.
//
// # Non-obvious
//
//   - 412 is an answer, 409 is not: it says that S3 could not decide between two writers at that moment.
//   - HeadObject answers 404 without a code in the body, so the status decides.
package s3
