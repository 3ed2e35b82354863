package kinesis

import (
	"fmt"
)

// appendPutRecords appends the response of PutRecords. Like what it calls it uses only what never changes in a stream, and
// needs no lock.
func (s *stream) appendPutRecords(dst []byte, now int64, entries []putEntry) []byte {
	failed := 0
	dst = append(dst, `{"Records":[`...)
	for i := range entries {
		if i > 0 {
			dst = append(dst, ',')
		}
		if entries[i].code != "" {
			failed++
		}
		dst = s.appendResult(dst, now, &entries[i])
	}
	dst = append(dst, `],"FailedRecordCount":`...)
	return append(appendInt(dst, int64(failed)), '}')
}

func (s *stream) appendResult(dst []byte, now int64, e *putEntry) []byte {
	if e.code == "" {
		dst = append(dst, `{"SequenceNumber":"`...)
		dst = s.sequence(e.partition.index, stamp{Counter: e.counter, Millis: now}).appendDecimal(dst)
		dst = append(dst, `","ShardId":"`...)
		dst = append(dst, e.partition.id...)
		return append(dst, `"}`...)
	}
	dst = append(dst, `{"ErrorCode":"`...)
	dst = append(dst, e.code...)
	dst = append(dst, `","ErrorMessage":"`...)
	dst = append(dst, s.reason(e)...)
	return append(dst, `"}`...)
}

// reason explains the code of a record that was not stored.
func (s *stream) reason(e *putEntry) string {
	if e.code == codeThrottled {
		return fmt.Sprintf("Rate exceeded for shard %s in stream %s under account %s.", e.partition.id, s.name, s.account.id)
	}
	return internalMessage
}

// appendPutRecord appends the response of PutRecord, for which a record that was not stored is an error.
func (s *stream) appendPutRecord(dst []byte, now int64, e *putEntry) ([]byte, error) {
	switch e.code {
	case "":
		return s.appendResult(dst, now, e), nil
	case codeThrottled:
		return dst, throttled("%s", s.reason(e))
	default:
		return dst, internalFailure()
	}
}
