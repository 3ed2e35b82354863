package evaluate

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/streamrec/streamrec/model"
)

// An Event is one line of an event file: a session did something with an item. Fields that the file does not have are
// empty.
type Event struct {
	Ms              int64 // milliseconds since 1970
	Session, Item   string
	Type            model.EventType
	Category, Brand string
	Part            string // train, valid or test, in files that are split
}

// ReadCSV reads an event file with a header line, gzipped or not, and returns its events in time order; events of the
// same millisecond stay in file order. The columns ts_ms, session, event and item are needed, category, brand and part
// are used, others are ignored.
func ReadCSV(r io.Reader) ([]Event, error) {
	plain, err := gunzip(bufio.NewReader(r))
	if err != nil {
		return nil, err
	}
	lines := csv.NewReader(plain)
	lines.ReuseRecord = true
	header, err := lines.Read()
	if err != nil {
		return nil, fmt.Errorf("read header: %w", err)
	}
	c, err := columnsOf(header)
	if err != nil {
		return nil, err
	}
	events, err := readEvents(lines, c)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(events, func(a, b Event) int { return cmp.Compare(a.Ms, b.Ms) })
	return events, nil
}

// gunzip returns a reader of the plain text, whether r is compressed or not.
func gunzip(r *bufio.Reader) (io.Reader, error) {
	magic, err := r.Peek(2)
	if err != nil || magic[0] != 0x1f || magic[1] != 0x8b {
		return r, nil // too short to be compressed; the reader of lines reports what is wrong with it
	}
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("open gzip: %w", err)
	}
	return z, nil
}

func readEvents(lines *csv.Reader, c columns) ([]Event, error) {
	var events []Event
	for {
		line, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return events, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read events: %w", err)
		}
		e, err := c.event(line)
		if err != nil {
			at, _ := lines.FieldPos(0)
			return nil, fmt.Errorf("read line %d: %w", at, err)
		}
		events = append(events, e)
	}
}

// columns are the positions of the fields in a line, -1 for those that are absent.
type columns struct {
	ms, session, kind, item, category, brand, part int
}

func columnsOf(header []string) (columns, error) {
	at := func(name string) int { return slices.Index(header, name) }
	c := columns{at("ts_ms"), at("session"), at("event"), at("item"), at("category"), at("brand"), at("part")}
	if min(c.ms, c.session, c.kind, c.item) < 0 {
		return c, fmt.Errorf("header %q lacks one of ts_ms, session, event, item", header)
	}
	return c, nil
}

func (c columns) event(line []string) (Event, error) {
	field := func(at int) string {
		if at < 0 {
			return ""
		}
		return line[at]
	}
	e := Event{
		Session: line[c.session], Item: line[c.item],
		Category: field(c.category), Brand: field(c.brand), Part: field(c.part),
	}
	var err error
	if e.Ms, err = strconv.ParseInt(line[c.ms], 10, 64); err != nil {
		return e, fmt.Errorf("parse ts_ms: %w", err)
	}
	e.Type, err = parseType(line[c.kind])
	return e, err
}

func parseType(name string) (model.EventType, error) {
	for t := model.View; t <= model.Purchase; t++ {
		if t.String() == name {
			return t, nil
		}
	}
	return 0, fmt.Errorf("unknown event %q", name)
}
