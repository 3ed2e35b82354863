package mapping

import (
	"embed"
	"fmt"
	"strings"

	"github.com/streamrec/streamrec/processor/event"
)

// Set are mappings, of which the first that fits a record counts. It does not change, and may be shared; what reads records is a [Reader].
type Set struct {
	mappings []*Mapping
	first    bool // they are tried before the native format
}

//go:embed formats
var shipped embed.FS

// shippedFiles are the mappings of each format, in the order in which auto tries them.
var shippedFiles = []struct{ format, file string }{
	{"segment", "segment.json"}, {"ga4", "ga4-bigquery.json"}, {"ga4", "ga4-measurement.json"},
}

// Formats are the names that New takes.
const Formats = "auto, streamrec, segment, ga4, custom"

// New returns the mappings of a format. auto has all that are shipped, after those of own; custom has own alone, which is the content of a mapping
// file and empty otherwise. Records in the native format are understood by all of them; streamrec has nothing else, and is nil.
func New(format string, own []byte) (*Set, error) {
	s := &Set{}
	switch {
	case format == "custom" && len(own) == 0:
		return nil, fmt.Errorf("format custom needs a mapping")
	case format != "custom" && format != "auto" && len(own) > 0:
		return nil, fmt.Errorf("a mapping goes with format custom or auto, not with %s", format)
	case len(own) > 0:
		var err error
		if s.mappings, err = Parse(own); err != nil {
			return nil, err
		}
		s.first = true
	}
	if format == event.Native || format == "custom" {
		return s.orNil(), nil
	}
	for _, f := range shippedFiles {
		if format != "auto" && format != f.format {
			continue
		}
		data, err := shipped.ReadFile("formats/" + f.file)
		if err != nil {
			return nil, fmt.Errorf("read shipped mapping: %w", err)
		}
		m, err := Parse(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.file, err)
		}
		s.mappings = append(s.mappings, m...)
	}
	if len(s.mappings) == 0 {
		return nil, fmt.Errorf("format %q is not one of %s", format, Formats)
	}
	return s, nil
}

func (s *Set) orNil() *Set {
	if len(s.mappings) == 0 {
		return nil
	}
	return s
}

// String names the formats.
func (s *Set) String() string {
	names := []string{event.Native}
	if s != nil {
		for _, m := range s.mappings {
			if names[len(names)-1] != m.format {
				names = append(names, m.format)
			}
		}
	}
	return strings.Join(names, ", ")
}

// Reader returns a new reader of records, nil when there are no mappings. It is not safe for concurrent use.
func (s *Set) Reader() event.Foreign {
	if s == nil {
		return nil
	}
	return &Reader{set: s}
}

// Makers returns what makes readers, nil when there are no mappings.
func (s *Set) Makers() func() event.Foreign {
	if s == nil {
		return nil
	}
	return s.Reader
}
