package table

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
)

// column reads the values of one leaf column of a row group in order, a page at a time. A null reads as 0, false or "",
// or as what added says.
// At the end and after a fault there are only nulls; err tells.
type column struct {
	path    []string
	kind    parquet.Kind
	defined byte  // the definition level of a value that is not null
	null    int64 // what a null of a column of numbers reads as
	late    bool  // older files lack the column
	absent  bool  // this file does: it reads as nulls, as many as one likes

	pages   parquet.Pages
	numbers []int64  // values of the page, of a column of numbers or booleans
	texts   []string // values of the page, of a column of strings
	levels  []byte   // repetition levels of the page; empty outside of lists
	size    int      // values of the page
	read    int      // those that are consumed
	err     error

	dictionary parquet.Dictionary
	words      []string // of dictionary
	scratch    []parquet.Value
	joined     joined
}

// is says which column c is.
func (c *column) is(kind parquet.Kind, path ...string) *column {
	c.kind, c.path = kind, path
	return c
}

// added says that files of earlier schema versions lack the column, and what its nulls read as.
func (c *column) added(null int64) *column {
	c.late, c.null = true, null
	return c
}

func (c *column) name() string { return strings.Join(c.path, ".") }

func (c *column) open(group parquet.RowGroup) error {
	leaf, ok := group.Schema().Lookup(c.path...)
	c.absent = !ok && c.late
	if c.absent {
		return nil
	}
	if !ok {
		return fmt.Errorf("column %s is missing", c.name())
	}
	if kind := leaf.Node.Type().Kind(); kind != c.kind {
		return fmt.Errorf("column %s is %s, want %s", c.name(), kind, c.kind)
	}
	c.pages = group.ColumnChunks()[leaf.ColumnIndex].Pages()
	c.defined = byte(leaf.MaxDefinitionLevel)
	c.size, c.read, c.err = 0, 0, nil
	return nil
}

func (c *column) close() error {
	if c.pages == nil {
		return nil
	}
	pages := c.pages
	c.pages, c.dictionary = nil, nil
	return pages.Close()
}

func (c *column) fail(what string) { c.err = fmt.Errorf("column %s %s", c.name(), what) }

// number consumes a value of a column of numbers or booleans.
func (c *column) number() int64 {
	if c.absent || !c.consume() {
		return c.null
	}
	return c.numbers[c.read-1]
}

// time consumes a value of a column of microseconds since 1970. Null is the zero time.
func (c *column) time() time.Time {
	if us := c.number(); us != none {
		return time.UnixMicro(us).UTC()
	}
	return time.Time{}
}

// text consumes a value of a column of strings.
func (c *column) text() string {
	if !c.consume() {
		return ""
	}
	return c.texts[c.read-1]
}

// consume moves over a value. That there is none is a fault.
func (c *column) consume() bool {
	if !c.more() {
		if c.err == nil {
			c.fail("has fewer values than its row group has rows")
		}
		return false
	}
	c.read++
	return true
}

// repeats reports whether the next value belongs to the row of the last one.
func (c *column) repeats() bool { return c.more() && len(c.levels) > 0 && c.levels[c.read] > 0 }

// more reports whether a value is left.
func (c *column) more() bool {
	for c.read == c.size {
		if c.absent || c.err != nil || !c.load() {
			return false
		}
	}
	return true
}

// load reads the next page. It reports false at the end and at a fault.
func (c *column) load() bool {
	page, err := c.pages.ReadPage()
	if err == nil {
		defer parquet.Release(page)
		err = c.decode(page)
	}
	if err == nil {
		return true
	}
	c.size, c.read = 0, 0
	if !errors.Is(err, io.EOF) {
		c.err = fmt.Errorf("read column %s: %w", c.name(), err)
	}
	return false
}

func (c *column) decode(page parquet.Page) error {
	c.numbers, c.texts = c.numbers[:0], c.texts[:0]
	c.levels = append(c.levels[:0], page.RepetitionLevels()...)
	if n := int(page.NumValues()); c.kind == parquet.ByteArray {
		c.texts = slices.Grow(c.texts, n)
	} else {
		c.numbers = slices.Grow(c.numbers, n)
	}
	if page.NumNulls() == page.NumValues() {
		c.decodeNulls(page)
	} else if page.Dictionary() != nil && c.kind == parquet.ByteArray {
		c.decodeWords(page)
	} else if err := c.decodeValues(page); err != nil {
		return err
	}
	c.size, c.read = len(c.numbers)+len(c.texts), 0 // one of them is empty
	if len(c.levels) != 0 && len(c.levels) != c.size {
		return errors.New("levels and values of a page do not match")
	}
	return nil
}

// decodeNulls reads a page of nulls. Many columns of most files have no value at all.
func (c *column) decodeNulls(page parquet.Page) {
	n := int(page.NumValues())
	if c.kind == parquet.ByteArray {
		c.texts = c.texts[:n]
		clear(c.texts)
	} else {
		for range n {
			c.numbers = append(c.numbers, c.null)
		}
	}
}

// decodeWords reads a page of indexes into a dictionary, whose words are converted once for all pages.
func (c *column) decodeWords(page parquet.Page) {
	if dictionary := page.Dictionary(); dictionary != c.dictionary {
		for i := range dictionary.Len() {
			c.joined.add(dictionary.Index(int32(i)).ByteArray())
		}
		c.dictionary, c.words = dictionary, c.joined.split(c.words[:0])
	}
	data := page.Data()
	indexes := data.Int32()
	if c.defined == 0 {
		for _, i := range indexes {
			c.texts = append(c.texts, c.words[i])
		}
		return
	}
	for _, level := range page.DefinitionLevels() {
		word := ""
		if level == c.defined {
			word, indexes = c.words[indexes[0]], indexes[1:]
		}
		c.texts = append(c.texts, word)
	}
}

// decodeValues reads a page in any encoding.
func (c *column) decodeValues(page parquet.Page) error {
	if c.scratch == nil {
		c.scratch = make([]parquet.Value, 256)
	}
	for values := page.Values(); ; {
		n, err := values.ReadValues(c.scratch)
		for _, v := range c.scratch[:n] {
			c.add(v)
		}
		if errors.Is(err, io.EOF) {
			c.texts = c.joined.split(c.texts)
			return nil
		}
		if err != nil {
			c.joined.split(nil)
			return err
		}
	}
}

func (c *column) add(v parquet.Value) {
	switch {
	case c.kind == parquet.ByteArray:
		c.joined.add(v.ByteArray())
	case v.IsNull():
		c.numbers = append(c.numbers, c.null)
	case c.kind == parquet.Boolean:
		var n int64
		if v.Boolean() {
			n = 1
		}
		c.numbers = append(c.numbers, n)
	case c.kind == parquet.Int32:
		c.numbers = append(c.numbers, int64(v.Int32()))
	default:
		c.numbers = append(c.numbers, v.Int64())
	}
}
