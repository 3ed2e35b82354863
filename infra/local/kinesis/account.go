package kinesis

import "strings"

// account names streams the way AWS does.
type account struct{ id, region string }

func (a account) arn(stream string) string {
	return "arn:aws:kinesis:" + a.region + ":" + a.id + ":stream/" + stream
}

// streamRef is how requests name a stream: by name, by ARN, or by both.
type streamRef struct {
	StreamName string `json:"StreamName"`
	StreamARN  string `json:"StreamARN"`
}

// resolve returns the name of the stream that is meant.
func (a account) resolve(ref streamRef) (string, error) {
	if ref.StreamName == "" && ref.StreamARN == "" {
		return "", invalidArgument("Either StreamName or StreamARN must be provided.")
	}
	if ref.StreamARN == "" {
		return ref.StreamName, checkName(ref.StreamName)
	}
	name, err := a.nameInARN(ref.StreamARN)
	if err != nil {
		return "", err
	}
	if ref.StreamName != "" && ref.StreamName != name {
		return "", invalidArgument("StreamARN %s and StreamName %s do not name the same stream.", ref.StreamARN, ref.StreamName)
	}
	return name, nil
}

func checkName(name string) error {
	var v violations
	v.name("streamName", name)
	return v.err()
}

// nameInARN fails with a fault for text that is no ARN of a stream, and for a stream of somebody else.
func (a account) nameInARN(arn string) (string, error) {
	fields := strings.SplitN(arn, ":", 6)
	if len(fields) != 6 || fields[0] != "arn" || !strings.HasPrefix(fields[1], "aws") || fields[2] != "kinesis" {
		return "", badARN(arn)
	}
	name, found := strings.CutPrefix(fields[5], "stream/")
	if !found || checkName(name) != nil {
		return "", badARN(arn)
	}
	if fields[3] != a.region || fields[4] != a.id {
		return "", notFound("Stream %s under account %s in %s not found.", name, fields[4], fields[3])
	}
	return name, nil
}

func badARN(arn string) error {
	var v violations
	v.add("streamARN", arn, `Member must satisfy regular expression pattern: arn:aws.*:kinesis:.*:\d{12}:stream/\S+`)
	return v.err()
}

func (a account) streamMissing(name string) error {
	return notFound("Stream %s under account %s not found.", name, a.id)
}
