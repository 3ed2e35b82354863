package s3

import (
	"crypto/md5" // the ETag of S3
	"encoding/hex"
	"io"

	"github.com/johannesboyne/gofakes3"
)

// backend gives gofakes3 the store. gofakes3 brings the wire format of bucket calls and batch deletes, and all of multipart
// uploads. Single objects and listings never pass through it, so it is not given the methods for them.
type backend struct {
	store *store
}

var _ gofakes3.Backend = (*backend)(nil)

// asS3Error turns a refusal into gofakes3's kind of error.
func asS3Error(err error) error {
	if err == nil {
		return nil
	}
	refused := asRefusal(err)
	return gofakes3.ErrorMessage(gofakes3.ErrorCode(refused.code), refused.message)
}

// ListBuckets lists the buckets by name.
func (b *backend) ListBuckets() ([]gofakes3.BucketInfo, error) {
	var list []gofakes3.BucketInfo
	for _, bucket := range b.store.all() {
		list = append(list, gofakes3.BucketInfo{Name: bucket.name, CreationDate: gofakes3.NewContentTime(bucket.created)})
	}
	return list, nil
}

// BucketExists reports whether there is such a bucket.
func (b *backend) BucketExists(name string) (bool, error) {
	_, err := b.store.bucket(name)
	return err == nil, nil
}

// DeleteBucket deletes an empty bucket.
func (b *backend) DeleteBucket(name string) error { return asS3Error(b.store.drop(name)) }

// DeleteMulti deletes objects; those that do not exist count as deleted.
func (b *backend) DeleteMulti(name string, keys ...string) (gofakes3.MultiDeleteResult, error) {
	var result gofakes3.MultiDeleteResult
	bucket, err := b.store.bucket(name)
	if err != nil {
		return result, asS3Error(err)
	}
	for _, key := range keys {
		if err := bucket.remove(key, writeCondition{}); err != nil {
			refused := asRefusal(err)
			result.Error = append(result.Error, gofakes3.ErrorResult{Key: key, Code: gofakes3.ErrorCode(refused.code), Message: refused.message})
			continue
		}
		result.Deleted = append(result.Deleted, gofakes3.ObjectID{Key: key})
	}
	return result, nil
}

// PutObject stores what a multipart upload has been completed to. The ETag of the stored object is the MD5 of its bytes,
// not the composite that S3 shows.
func (b *backend) PutObject(
	name, key string, meta map[string]string, body io.Reader, size int64, _ *gofakes3.PutConditions,
) (gofakes3.PutObjectResult, error) {
	var result gofakes3.PutObjectResult
	bucket, err := b.store.bucket(name)
	if err != nil {
		return result, asS3Error(err)
	}
	sum := md5.New()
	draft, err := b.store.vault.stage(io.TeeReader(body, sum), size)
	if err != nil {
		return result, asS3Error(err)
	}
	headers := attributes{}
	for header, value := range meta {
		if isAttribute(header) {
			headers[header] = value
		}
	}
	o := &object{Key: key, Size: size, ETag: hex.EncodeToString(sum.Sum(nil)), Modified: b.store.now().UTC(), Headers: headers}
	return result, asS3Error(bucket.put(o, draft, writeCondition{}))
}

// ListBucket is answered by the service.
func (b *backend) ListBucket(string, *gofakes3.Prefix, gofakes3.ListBucketPage) (*gofakes3.ObjectList, error) {
	return nil, gofakes3.ErrNotImplemented
}

// CreateBucket is answered by the service.
func (b *backend) CreateBucket(string) error { return gofakes3.ErrNotImplemented }

// ForceDeleteBucket is MinIO's, not Amazon's.
func (b *backend) ForceDeleteBucket(string) error { return gofakes3.ErrNotImplemented }

// GetObject is answered by the service.
func (b *backend) GetObject(string, string, *gofakes3.ObjectRangeRequest) (*gofakes3.Object, error) {
	return nil, gofakes3.ErrNotImplemented
}

// HeadObject is answered by the service.
func (b *backend) HeadObject(string, string) (*gofakes3.Object, error) {
	return nil, gofakes3.ErrNotImplemented
}

// DeleteObject is answered by the service.
func (b *backend) DeleteObject(string, string) (gofakes3.ObjectDeleteResult, error) {
	return gofakes3.ObjectDeleteResult{}, gofakes3.ErrNotImplemented
}

// CopyObject is answered by the service.
func (b *backend) CopyObject(string, string, string, string, map[string]string) (gofakes3.CopyObjectResult, error) {
	return gofakes3.CopyObjectResult{}, gofakes3.ErrNotImplemented
}
