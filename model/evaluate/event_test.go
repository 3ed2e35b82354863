package evaluate

import (
	"strings"
	"testing"
)

func told(events []Event) string {
	var parts []string
	for _, e := range events {
		parts = append(parts, e.Session+e.Item)
	}
	return strings.Join(parts, " ")
}

func TestParts(t *testing.T) {
	stream := events("1a", "1b", "2a", "3a", "3c")
	for i, part := range []string{"train", "valid", "test", "train", "test"} {
		stream[i].Part = part
	}
	if train, test := Parts(stream); told(train) != "1a 3a" || told(test) != "2a 3c" {
		t.Errorf("train %s, test %s", told(train), told(test))
	}
}

func TestNewest(t *testing.T) {
	stream := events("1a", "2a", "1b", "3a", "2b", "3b") // at 0 to 5 ms
	for _, c := range []struct {
		ms          int64
		train, test string
	}{{2, "1a 1b", "2a 3a 2b 3b"}, {1, "1a 2a 1b 2b", "3a 3b"}, {0, "1a 2a 1b 3a 2b 3b", ""}, {9, "", "1a 2a 1b 3a 2b 3b"}} {
		if train, test := Newest(stream, c.ms); told(train) != c.train || told(test) != c.test {
			t.Errorf("%d ms: train %s, test %s; want %s and %s", c.ms, told(train), told(test), c.train, c.test)
		}
	}
	if train, test := Newest(nil, 5); len(train)+len(test) > 0 {
		t.Errorf("of nothing: %v, %v", train, test)
	}
}
