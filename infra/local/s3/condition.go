package s3

import (
	"net/http"
	"strings"
	"time"
)

// writeCondition is what a write requires of the object that stands at its key. The zero value requires nothing.
type writeCondition struct {
	absent bool   // If-None-Match: *
	etag   string // If-Match, without quotes; "*" is any object
}

// check judges the object that stands there, nil for none.
func (c writeCondition) check(current *object) error {
	switch {
	case c.absent && current != nil:
		return errPrecondition
	case c.etag == "":
		return nil
	case current == nil:
		return errNoSuchKey
	case c.etag != "*" && c.etag != current.ETag:
		return errPrecondition
	default:
		return nil
	}
}

// putCondition reads the condition of a PutObject. S3 knows If-None-Match with * alone and If-Match with an ETag alone.
func putCondition(header http.Header) (writeCondition, error) {
	match, noneMatch := header.Get("If-Match"), header.Get("If-None-Match")
	switch {
	case match != "" && noneMatch != "":
		return writeCondition{}, errUnsupported("If-Match together with If-None-Match")
	case noneMatch != "" && noneMatch != "*":
		return writeCondition{}, errUnsupported("If-None-Match with a value other than *")
	case match == "*":
		return writeCondition{}, errUnsupported("If-Match: * on a PUT")
	default:
		return writeCondition{absent: noneMatch == "*", etag: unquote(match)}, nil
	}
}

// deleteCondition reads the condition of a DeleteObject.
func deleteCondition(header http.Header) (writeCondition, error) {
	for _, name := range []string{"If-None-Match", "X-Amz-If-Match-Size", "X-Amz-If-Match-Last-Modified-Time"} {
		if header.Get(name) != "" {
			return writeCondition{}, errUnsupported(name + " on a DELETE")
		}
	}
	return writeCondition{etag: unquote(header.Get("If-Match"))}, nil
}

// dropWriteConditions makes a write unconditional.
func dropWriteConditions(r *http.Request) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return
	}
	for _, name := range []string{"If-Match", "If-None-Match", "X-Amz-If-Match-Size", "X-Amz-If-Match-Last-Modified-Time"} {
		r.Header.Del(name)
	}
}

// checkRead judges the conditions of a GET or HEAD in the order of RFC 9110: If-Match stands above If-Unmodified-Since,
// If-None-Match above If-Modified-Since.
func checkRead(header http.Header, o *object) error {
	if match := header.Get("If-Match"); match != "" {
		if !matches(match, o.ETag) {
			return errPrecondition
		}
	} else if limit, ok := headerTime(header, "If-Unmodified-Since"); ok && o.Modified.Truncate(time.Second).After(limit) {
		return errPrecondition
	}
	if noneMatch := header.Get("If-None-Match"); noneMatch != "" {
		if matches(noneMatch, o.ETag) {
			return errNotModified
		}
	} else if since, ok := headerTime(header, "If-Modified-Since"); ok && !o.Modified.Truncate(time.Second).After(since) {
		return errNotModified
	}
	return nil
}

// matches reports whether a list of ETags, or *, names etag.
func matches(list, etag string) bool {
	for candidate := range strings.SplitSeq(list, ",") {
		candidate = strings.TrimSpace(candidate)
		if candidate == "*" || unquote(strings.TrimPrefix(candidate, "W/")) == etag {
			return true
		}
	}
	return false
}

func headerTime(header http.Header, name string) (time.Time, bool) {
	at, err := http.ParseTime(header.Get(name))
	return at, err == nil
}

func unquote(etag string) string {
	if len(etag) >= 2 && etag[0] == '"' && etag[len(etag)-1] == '"' {
		return etag[1 : len(etag)-1]
	}
	return etag
}
