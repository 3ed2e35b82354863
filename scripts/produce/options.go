package produce

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/streamrec/streamrec/processor/event/mapping"
	"github.com/streamrec/streamrec/scripts/eventfile"
	"github.com/streamrec/streamrec/scripts/weblog"
)

// Options are what the flags of the command say. Zero values mean the defaults.
type Options struct {
	// Stream is the name of the stream.
	Stream string

	// File is an event file, or - for standard input. Either it or Shop must be given.
	File string
	// Format is that of the file: auto, json or csv. Defaults to auto.
	Format string
	// Formats are the mappings for JSON lines that are not native; nil when there are none.
	Formats *mapping.Set
	// Malformed says what becomes of lines that cannot be read: stop ends at the first, skip passes them over. Defaults to
	// stop for a file, and to skip for a log that is followed.
	Malformed string

	// Follow is the log of a web server, which is followed for ever.
	Follow string
	// Position is the file that remembers how far the log was put. Defaults to the log's name with .position.
	Position string
	// From says where a log begins that has no position yet: start or end. Defaults to start.
	From string
	// Rules say which lines of the log are activity. Defaults to weblog.Default.
	Rules *weblog.Rules

	// Shop produces what synthetic shoppers do, instead of a file.
	Shop bool
	// Shoppers is how many there are. Defaults to 500.
	Shoppers int
	// Seed decides everything that they do.
	Seed uint64
	// Duration is how long they do it. Defaults to until the limit, or an interrupt.
	Duration time.Duration

	// Rate is how many records are put per second; 0 is as many as the stream takes.
	Rate float64
	// Speed replays a file by its own times, so many times faster; 0 ignores them.
	Speed float64
	// Limit ends the run after so many records; 0 does not.
	Limit int64

	// AckLog is the file of the acknowledgement log; empty for none.
	AckLog string
	// MaxInFlight bounds the requests that are under way at once. Defaults to 4.
	MaxInFlight int
	// Output is the format of the summary, table or json. Defaults to table.
	Output string
}

// Defaults of Options that a command's flags show.
const (
	DefaultFormat      = string(eventfile.Auto)
	DefaultMalformed   = "stop"
	DefaultShoppers    = 500
	DefaultMaxInFlight = 4
	DefaultOutput      = "table"
)

func (o Options) withDefaults() Options {
	o.Format = cmp.Or(o.Format, DefaultFormat)
	if o.Follow != "" {
		o.Malformed = cmp.Or(o.Malformed, "skip")
	}
	o.Malformed = cmp.Or(o.Malformed, DefaultMalformed)
	o.From = cmp.Or(o.From, "start")
	o.Shoppers = cmp.Or(o.Shoppers, DefaultShoppers)
	o.MaxInFlight = cmp.Or(o.MaxInFlight, DefaultMaxInFlight)
	o.Output = cmp.Or(o.Output, DefaultOutput)
	return o
}

// positionFile is where the position of a log is kept.
func (o Options) positionFile() string { return cmp.Or(o.Position, o.Follow+".position") }

func (o Options) rules() *weblog.Rules {
	if o.Rules == nil {
		return weblog.Default()
	}
	return o.Rules
}

// maxInFlight is beyond what helps: a request carries 500 records, and a stream of 100 shards takes 100,000 a second.
const maxInFlight = 256

// Validate returns every problem of o, in the words of the command line.
func (o Options) Validate() error {
	o = o.withDefaults()
	var problems []error
	reject := func(when bool, problem string, args ...any) {
		if when {
			problems = append(problems, fmt.Errorf(problem, args...))
		}
	}
	reject(o.Stream == "", "--stream is missing")
	reject(o.File == "" && !o.Shop && o.Follow == "", "--file, --follow or --shop is missing: there is nothing to produce")
	reject(o.File != "" && o.Shop, "--file and --shop exclude each other")
	reject(o.Follow != "" && (o.Shop || o.File != ""), "--follow goes with neither --file nor --shop")
	reject(o.Follow == "" && (o.Position != "" || o.Rules != nil || o.From == "end"), "--position, --rules and --from go with --follow")
	reject(o.From != "start" && o.From != "end", "--from: %q is neither start nor end", o.From)
	reject(o.Follow != "" && o.Format == string(eventfile.CSV), "--format: a log that is followed has lines of JSON, or is in the combined log format")
	_, err := eventfile.ParseFormat(o.Format)
	reject(err != nil, "--format: %w", err)
	reject(o.Malformed != "stop" && o.Malformed != "skip", "--malformed: %q is neither stop nor skip", o.Malformed)
	reject(o.Shoppers < 1, "--shoppers: %d is less than 1", o.Shoppers)
	reject(o.Duration < 0, "--duration: %v is less than 0", o.Duration)
	reject(o.Duration > 0 && !o.Shop, "--duration goes with --shop; a file ends by itself, or with --limit")
	reject(!positive(o.Rate), "--rate: %v is no rate", o.Rate)
	reject(!positive(o.Speed), "--speed: %v is no speed", o.Speed)
	reject(o.Rate > 0 && o.Speed > 0, "--rate and --speed exclude each other")
	reject(o.Speed > 0 && o.Shop, "--speed replays the times of a file; it does not go with --shop")
	reject(o.Speed > 0 && o.Follow != "", "--speed replays the times of a file; it does not go with --follow")
	reject(o.Limit < 0, "--limit: %d is less than 0", o.Limit)
	reject(o.MaxInFlight < 1 || o.MaxInFlight > maxInFlight, "--max-in-flight: %d is not between 1 and %d", o.MaxInFlight, maxInFlight)
	reject(o.Output != "table" && o.Output != "json", "--output: %q is neither table nor json", o.Output)
	return errors.Join(problems...)
}

// positive reports whether x is 0 or more, and a number that can be reckoned with.
func positive(x float64) bool { return x >= 0 && !math.IsInf(x, 0) }
