package kinesis

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// call is one request on its way through an operation.
type call struct {
	now  int64 // milliseconds since 1970
	body []byte
	out  []byte // the response is appended
}

// operation carries out one API operation.
type operation func(*call) error

// supported lists the operations by name.
func (s *Service) supported() map[string]operation {
	return map[string]operation{
		"AddTagsToStream":               control(s.addTags),
		"CreateStream":                  control(s.createStream),
		"DecreaseStreamRetentionPeriod": control(s.decreaseRetention),
		"DeleteStream":                  control(s.deleteStream),
		"DescribeLimits":                control(s.describeLimits),
		"DescribeStream":                control(s.describeStream),
		"DescribeStreamSummary":         control(s.describeStreamSummary),
		"GetRecords":                    s.getRecords,
		"GetShardIterator":              control(s.getShardIterator),
		"IncreaseStreamRetentionPeriod": control(s.increaseRetention),
		"ListShards":                    control(s.listShards),
		"ListStreams":                   control(s.listStreams),
		"ListTagsForStream":             control(s.listTags),
		"MergeShards":                   control(s.mergeShards),
		"PutRecord":                     s.putRecord,
		"PutRecords":                    s.putRecords,
		"SplitShard":                    control(s.splitShard),
		"UpdateMaxRecordSize":           control(s.updateMaxRecordSize),
		"UpdateShardCount":              control(s.updateShardCount),
		"UpdateStreamMode":              control(s.updateStreamMode),
	}
}

// empty is the response of operations that return nothing; its body has no bytes at all.
type empty struct{}

// control wraps an operation whose speed does not matter in encoding/json.
func control[Request, Response any](run func(now int64, request *Request) (*Response, error)) operation {
	return func(c *call) error {
		request := new(Request)
		if err := decode(c.body, request); err != nil {
			return err
		}
		response, err := run(c.now, request)
		if err != nil {
			return err
		}
		if _, nothing := any(response).(*empty); nothing {
			return nil
		}
		text, err := json.Marshal(response)
		if err != nil {
			return fmt.Errorf("encode response: %w", err)
		}
		c.out = append(c.out, text...)
		return nil
	}
}

func decode(body []byte, request any) error {
	if !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte{'{'}) {
		return clientFault("SerializationException", "Expected a JSON object.")
	}
	if err := json.Unmarshal(body, request); err != nil {
		return badJSON(err)
	}
	return nil
}
