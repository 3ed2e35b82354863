package s3

import (
	"fmt"
	"path/filepath"
	"strings"
)

const (
	// unnamed is the folder of the files that cannot have the name of their key. No key escapes to it.
	unnamed    = "%unnamed"
	maxSegment = 200 // bytes of a folder or file name
	maxPath    = 900
)

// fileName is the relative path of the file for a key: the key itself, with what file systems cannot have or would
// interpret escaped as in URLs. It is false when the name is too long. Different keys have different names.
func fileName(key string) (string, bool) {
	segments := strings.Split(key, "/")
	for i, segment := range segments {
		segments[i] = escapeSegment(segment)
		if len(segments[i]) > maxSegment {
			return "", false
		}
	}
	name := filepath.Join(segments...)
	return name, len(name) <= maxPath
}

// escapeSegment escapes one part of a key. An empty part, which keys may have anywhere, becomes a single "%".
func escapeSegment(segment string) string {
	switch segment {
	case "":
		return "%"
	case ".", "..":
		return strings.ReplaceAll(segment, ".", "%2E")
	}
	var b strings.Builder
	for i := range len(segment) {
		if c := segment[i]; c < 0x20 || c == 0x7f || strings.IndexByte(`%\:*?"<>|`, c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
