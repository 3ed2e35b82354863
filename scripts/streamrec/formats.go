package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/pflag"

	"github.com/streamrec/streamrec/processor/event/mapping"
	"github.com/streamrec/streamrec/scripts/eventfile"
)

// formatOptions say which formats records have.
type formatOptions struct {
	name string
	file string // a mapping of the shop's own
}

func (o *formatOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.name, "format", "auto", "formats of the records: streamrec, segment, ga4, custom, or auto to see from each record")
	o.fileFlag(f)
}

func (o *formatOptions) fileFlag(f *pflag.FlagSet) {
	f.StringVar(&o.file, "mapping", "", "mapping file for records of your own format, see processor/event/mapping/README.md; goes with --format custom or auto")
}

// maxMapping is more than any mapping file may have.
const maxMapping = 1 << 20

// set reads the mappings. It is nil when there is the native format alone. The error is a usage error.
func (o *formatOptions) set() (*mapping.Set, error) {
	var own []byte
	if o.file != "" {
		f, err := os.Open(o.file)
		if err != nil {
			return nil, usageError{fmt.Errorf("--mapping: %w", err)}
		}
		defer func() { _ = f.Close() }() // it was only read
		if own, err = io.ReadAll(io.LimitReader(f, maxMapping)); err != nil {
			return nil, usageError{fmt.Errorf("--mapping: %w", err)}
		}
		if len(own) == 0 {
			return nil, usageError{fmt.Errorf("--mapping: %s is empty", o.file)}
		}
	}
	s, err := mapping.New(o.name, own)
	switch {
	case err == nil:
		return s, nil
	case o.name == "custom" && o.file == "":
		return nil, usageError{fmt.Errorf("--format custom needs --mapping FILE; processor/event/mapping/README.md says how to write one")}
	case o.file != "":
		return nil, usageError{fmt.Errorf("--mapping %s: %w", o.file, err)}
	default:
		return nil, usageError{fmt.Errorf("--format: %w", err)}
	}
}

// ofFile reads the mappings for an event file: json and csv are formats of the file, whose lines may then have any format of records.
func (o formatOptions) ofFile() (file string, set *mapping.Set, err error) {
	file = string(eventfile.Auto)
	switch o.name {
	case string(eventfile.JSON), string(eventfile.CSV):
		file, o.name = o.name, "auto"
	case "auto":
	default:
		file = string(eventfile.JSON)
	}
	set, err = o.set()
	return file, set, err
}
