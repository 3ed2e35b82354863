package produce

import (
	"errors"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestValidate(t *testing.T) {
	good := func(change func(*Options)) Options {
		o := Options{Stream: "s", File: "f"}
		change(&o)
		return o
	}
	shop := func(o *Options) { o.File, o.Shop = "", true }
	tests := []struct {
		name string
		o    Options
		want string // empty: valid
	}{
		{"the least", good(func(*Options) {}), ""},
		{"standard input", good(func(o *Options) { o.File = "-" }), ""},
		{"shop", good(shop), ""},
		{"everything for a file", good(func(o *Options) {
			o.Format, o.Malformed, o.Speed, o.Limit, o.MaxInFlight, o.Output = "csv", "skip", 0.1, 1, 256, "json"
		}), ""},
		{"everything for a shop", good(func(o *Options) { shop(o); o.Shoppers, o.Duration, o.Rate = 1, time.Second, 0.5 }), ""},
		{"nothing", Options{}, "--stream is missing\n--file, --follow or --shop is missing: there is nothing to produce"},
		{"file and shop", good(func(o *Options) { o.Shop = true }), "--file and --shop exclude each other"},
		{"format", good(func(o *Options) { o.Format = "xml" }), `--format: format "xml" is not one of auto, json, csv`},
		{"malformed", good(func(o *Options) { o.Malformed = "ignore" }), `--malformed: "ignore" is neither stop nor skip`},
		{"shoppers", good(func(o *Options) { shop(o); o.Shoppers = -1 }), "--shoppers: -1 is less than 1"},
		{"duration", good(func(o *Options) { shop(o); o.Duration = -1 }), "--duration: -1ns is less than 0"},
		{"duration of a file", good(func(o *Options) { o.Duration = 1 }), "--duration goes with --shop; a file ends by itself, or with --limit"},
		{"negative rate", good(func(o *Options) { o.Rate = -1 }), "--rate: -1 is no rate"},
		{"rate that is no number", good(func(o *Options) { o.Rate = math.NaN() }), "--rate: NaN is no rate"},
		{"infinite speed", good(func(o *Options) { o.Speed = math.Inf(1) }), "--speed: +Inf is no speed"},
		{"rate and speed", good(func(o *Options) { o.Rate, o.Speed = 1, 1 }), "--rate and --speed exclude each other"},
		{"speed of a shop", good(func(o *Options) { shop(o); o.Speed = 1 }), "--speed replays the times of a file; it does not go with --shop"},
		{"limit", good(func(o *Options) { o.Limit = -1 }), "--limit: -1 is less than 0"},
		{"requests", good(func(o *Options) { o.MaxInFlight = 257 }), "--max-in-flight: 257 is not between 1 and 256"},
		{"output", good(func(o *Options) { o.Output = "xml" }), `--output: "xml" is neither table nor json`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.o.Validate()
			if got := text(err); got != tt.want {
				t.Errorf("error %q, want %q", got, tt.want)
			}
			if err == nil {
				return
			}
			_, err = Run(t.Context(), tt.o, Deps{}) // must not come so far as to need a client
			if !errors.Is(err, ErrUsage) || errors.Is(err, ErrRefused) || text(err) != strings.ReplaceAll(tt.want, "\n", "; ") {
				t.Errorf("Run gives %q, want the same as a usage error in one line", text(err))
			}
		})
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestFilesThatCannotBeOpened(t *testing.T) {
	onStack(t, 1, func(t *testing.T, s *stack) {
		missing := filepath.Join(t.TempDir(), "missing", "file")
		for _, tt := range []struct {
			name string
			o    Options
			want string
		}{
			{"event file", Options{File: missing}, missing},
			{"acknowledgement log", Options{Shop: true, AckLog: missing}, missing},
			{"event file of no format", Options{File: writeFile(t, "f", "hello")}, "neither a JSON object nor a CSV header"},
			{"event file that is a folder", Options{File: t.TempDir()}, "is a directory"},
			{"acknowledgement log that is none", Options{Shop: true, AckLog: writeFile(t, "f", "hello")}, "the file is something else"},
		} {
			r := s.run(t.Context(), tt.o, "")
			if !errors.Is(r.err, ErrUsage) || !strings.Contains(text(r.err), tt.want) {
				t.Errorf("%s: error %v, want one with %q", tt.name, r.err, tt.want)
			}
		}
		if n := len(s.records()); n > 0 {
			t.Errorf("%d records were put", n)
		}
	})
}
