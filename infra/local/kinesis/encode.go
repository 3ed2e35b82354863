package kinesis

import (
	"encoding/base64"
	"strconv"
	"unicode/utf8"
)

// The responses of PutRecords and GetRecords are appended by hand; encoding/json costs ten times as much.

// appendRecord appends a record of GetRecords.
func appendRecord(dst []byte, number sequence, r record) []byte {
	dst = append(dst, `{"SequenceNumber":"`...)
	dst = number.appendDecimal(dst)
	dst = append(dst, `","ApproximateArrivalTimestamp":`...)
	dst = timeUnix(r.arrival).append(dst)
	dst = append(dst, `,"Data":"`...)
	dst = base64.StdEncoding.AppendEncode(dst, r.data)
	dst = append(dst, `","PartitionKey":`...)
	dst = appendString(dst, r.key)
	return append(dst, '}')
}

// appendChild appends a child shard of GetRecords.
func appendChild(dst []byte, child shardState) []byte {
	dst = append(dst, `{"ShardId":"`...)
	dst = append(dst, shardID(child.Index)...)
	dst = append(dst, `","ParentShards":[`...)
	for i, parent := range child.Parents {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '"')
		dst = append(dst, shardID(parent)...)
		dst = append(dst, '"')
	}
	dst = append(dst, `],"HashKeyRange":{"StartingHashKey":"`...)
	dst = append(dst, child.Range.Start.String()...)
	dst = append(dst, `","EndingHashKey":"`...)
	dst = append(dst, child.Range.End.String()...)
	return append(dst, `"}}`...)
}

func appendInt(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }

// appendString appends text as a JSON string. Invalid UTF-8 becomes U+FFFD, as in encoding/json.
func appendString(dst, text []byte) []byte {
	dst = append(dst, '"')
	clean := 0
	for at := 0; at < len(text); {
		c := text[at]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			at++
			continue
		}
		r, size := utf8.DecodeRune(text[at:])
		if c >= utf8.RuneSelf && (r != utf8.RuneError || size > 1) {
			at += size
			continue
		}
		dst = append(dst, text[clean:at]...)
		dst = appendEscape(dst, c)
		at++
		clean = at
	}
	dst = append(dst, text[clean:]...)
	return append(dst, '"')
}

// appendEscape escapes a byte that cannot stand in a string as it is.
func appendEscape(dst []byte, c byte) []byte {
	const digits = "0123456789abcdef"
	switch {
	case c == '"' || c == '\\':
		return append(dst, '\\', c)
	case c < ' ':
		return append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
	default:
		return append(dst, `\ufffd`...)
	}
}
