package eventfile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/streamrec/streamrec/processor/event"
)

// maxKey is the longest partition key in Unicode characters.
const maxKey = 256

var (
	errNotObject  = errors.New("not a JSON object")
	errLongKey    = errors.New("the session has more than 256 characters")
	errNoItem     = errors.New("the step has no product code")
	errBadTime    = errors.New("ts_ms is not a time in milliseconds since 1970")
	errBadType    = errors.New("event is none of view, cart, purchase")
	errNoSession  = errors.New("the session is empty")
	errNotUnicode = errors.New("not UTF-8")
)

// jsonParser reads a line as the workers will.
type jsonParser struct {
	decoder *event.Decoder
	foreign *keyed // nil when there is the native format alone
	events  []event.Event
}

func newJSONParser(foreign event.Foreign) *jsonParser {
	p := &jsonParser{}
	var o event.Options
	if foreign != nil {
		p.foreign = &keyed{Foreign: foreign}
		o.Foreign = p.foreign
	}
	p.decoder = event.NewDecoder(o)
	return p
}

// keyed names sessions that have only their customer's name by a hash, since the session becomes the partition key, and remembers the native text.
type keyed struct {
	event.Foreign
	native []byte // of the line at hand, nil when it was native already
}

// Rewrite implements event.Foreign.
func (k *keyed) Rewrite(text string, _ func(string) string) (event.Rewritten, bool) {
	r, ok := k.Foreign.Rewrite(text, concealed)
	if ok {
		k.native = r.Text
	}
	return r, ok
}

// concealed is a partition key for a customer.
func concealed(customer string) string {
	sum := sha256.Sum256([]byte("streamrec partition key\x00" + customer))
	return "c-" + hex.EncodeToString(sum[:16])
}

func (p *jsonParser) parse(line []byte, _ int64) (Event, error) {
	decoded, err := p.decode(line)
	if err != nil {
		return Event{}, err
	}
	e := Event{
		Session: strings.Clone(decoded.SessionID), ID: strings.Clone(decoded.EventID.Value),
		Payload: bytes.Clone(line), Steps: steps(decoded.History),
	}
	if decoded.EventTime.Valid {
		t, err := eventTime(p.native(line))
		if err != nil {
			return Event{}, err
		}
		e.Time = t
	}
	return e, nil
}

// decode reads a line, which may be gone after the call. The result is valid until the next one.
func (p *jsonParser) decode(line []byte) (*event.Event, error) {
	if line[0] != '{' {
		return nil, errNotObject // and neither gzip nor a KPL aggregate, which the decoder would unwrap
	}
	if p.foreign != nil {
		p.foreign.native = nil
	}
	p.events = p.decoder.Decode(p.events[:0], event.Record{Data: line})
	decoded := &p.events[0]
	if decoded.Err != nil {
		return nil, decoded.Err
	}
	return decoded, checkSession(decoded.SessionID)
}

// native is the line as a native record.
func (p *jsonParser) native(line []byte) []byte {
	if p.foreign != nil && p.foreign.native != nil {
		return p.foreign.native
	}
	return line
}

// steps copies what a history tells. The decoder's strings would keep a second copy of the line alive.
func steps(history []event.Entry) []Step {
	list := make([]Step, 0, len(history))
	for i := range history {
		h := &history[i]
		if !h.ProductCode.Valid {
			continue
		}
		list = append(list, Step{
			Item: strings.Clone(h.ProductCode.Value), Type: h.Type,
			Category: strings.Clone(h.Category.Value), Brand: strings.Clone(h.Brand.Value),
		})
	}
	return list
}

func checkSession(session string) error {
	switch {
	case session == "":
		return errNoSession
	case len(session) > maxKey && utf8.RuneCountInString(session) > maxKey:
		return errLongKey
	default:
		return nil
	}
}

// eventTime reads the event_time of a line that the decoder has accepted. The decoder's own value is of no use: it is
// moved into the day before the record's arrival, and a recorded line has not arrived.
func eventTime(line []byte) (time.Time, error) {
	var record map[string]json.RawMessage // a struct would also take names in other case
	if err := json.Unmarshal(line, &record); err != nil {
		return time.Time{}, fmt.Errorf("read event_time: %w", err)
	}
	text := string(record["event_time"])
	if unquoted := ""; json.Unmarshal(record["event_time"], &unquoted) == nil {
		text = unquoted
	}
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t.UTC(), nil
	}
	number, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return time.Time{}, errors.New("event_time is not a time")
	}
	return unixTime(number), nil
}

// unixTime is a time in seconds, or in milliseconds when as seconds it would be after the year 5138.
func unixTime(number float64) time.Time {
	if math.Abs(number) < 1e11 {
		number *= 1000
	}
	return time.UnixMicro(int64(math.Round(number * 1000))).UTC()
}
