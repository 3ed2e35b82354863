// Package s3 is Amazon S3 as an http.Handler, in memory or in a directory, as faithful as a log of put-if-absent objects
// needs it.
//
//	service, err := s3.New(s3.Options{Buckets: []string{"events"}, Dir: dir})
//	http.Serve(listener, service)
//
// [Service] names the operation of a request ([RouteOf]) and serves PutObject, GetObject, HeadObject, DeleteObject,
// CopyObject, listings and CreateBucket itself. Other bucket calls, batch deletes and multipart uploads go on to gofakes3,
// which works on the same store. Whatever neither knows is refused with NotImplemented, never taken for something else.
//
// What a log can rely on, as with Amazon S3:
//
//   - A write takes effect at once or not at all. Conditions are judged in the same step: of any number of
//     PUTs with If-None-Match: * one succeeds and the others get 412; If-Match on a missing key is 404.
//   - A PUT replaces metadata, it does not merge it.
//   - A body is stored only when it is whole (IncompleteBody) and every digest given with it is right: Content-MD5, the five
//     checksums in a header or in an aws-chunked trailer (BadDigest), x-amz-content-sha256 (XAmzContentSHA256Mismatch).
//   - Listings show every completed write, in the order of the keys' UTF-8 bytes.
//   - A GET reads one version of the object, whatever is written meanwhile.
//
// # The directory
//
// Objects are plain files with readable names, Dir/<bucket>/<key>, so other tools can read Parquet files in place. What file
// systems cannot have in a name is escaped as in URLs; the files of keys that collide ("a" and "a/b") or are too long
// get hashed names. Records beside them hold the rest. A record is written before the file is renamed into
// place, and the rename is what makes the write take effect. A process may be killed at any moment: the next one finds every
// answered write and no half one. Nothing is synced, so this does not hold for a machine that loses power.
//
// # Non-obvious
//
// Why not a backend of gofakes3: on an overwrite all of them (v1.2.0) merge the metadata of the old object into the new one;
// s3mem repeats common prefixes from page to page; s3afero does not list in pages, stores truncated bodies and
// writes objects in place, so that a crash leaves half of one; s3bolt syncs every PUT into one file that never
// shrinks and that nothing else can read.
//
// Options.IgnoreConditions exists to test what refuses to work without conditional writes.
//
// # Known differences from Amazon S3
//
// No versioning, tags, ACLs, policies, lifecycle, presigned POST forms, encryption, SelectObjectContent, UploadPartCopy, parts
// of objects (partNumber), or conditions on copies, completed uploads and batch deletes: refused. Signatures are not looked at
// (package local checks them). A lost race is 412, never 409. Parts of multipart uploads are held in memory and end with the
// process, have no smallest size, and the ETag of the finished object is the MD5 of its bytes; ListMultipartUploads says
// NoSuchUpload for a bucket that has never had one.
package s3
