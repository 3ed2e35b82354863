package catalogue

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Beginnings of files that say how they are written.
const (
	gzipMagic = "\x1f\x8b"
	byteOrder = "\xef\xbb\xbf" // Excel writes it before UTF-8
)

// maxLine bounds a line of JSON.
const maxLine = 1 << 20

// read finds out how the file is written.
func (c *Catalogue) read(r io.Reader) error {
	in := bufio.NewReader(r)
	if magic, _ := in.Peek(len(gzipMagic)); string(magic) == gzipMagic { // its error comes again
		plain, err := gzip.NewReader(in)
		if err != nil {
			return err
		}
		in = bufio.NewReader(plain)
	}
	first, skipped, err := skipSpace(in)
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return err
	case first == '{':
		return c.readLines(in, skipped)
	case first == '[':
		return c.readArray(in)
	}
	return c.readCSV(in, skipped)
}

// skipSpace passes over what may be before the first character, and returns that, and how many lines it has passed over.
func skipSpace(in *bufio.Reader) (first byte, lines int, err error) {
	if mark, _ := in.Peek(len(byteOrder)); string(mark) == byteOrder { // its error comes again
		_, _ = in.Discard(len(byteOrder)) // it has been peeked at
	}
	for {
		first, err = in.ReadByte()
		switch {
		case err != nil:
			return 0, lines, err
		case first == '\n':
			lines++
		case first != ' ' && first != '\t' && first != '\r':
			return first, lines, in.UnreadByte()
		}
	}
}

// readLines reads an object per line.
func (c *Catalogue) readLines(r io.Reader, n int) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		n++
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		p := Product{InStock: true}
		if err := json.Unmarshal(line, &p); err != nil {
			return fmt.Errorf("line %d: not a JSON object of a product: %w", n, err)
		}
		if err := c.add(p); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("line %d: %w", n+1, err)
	}
	return nil
}

// readArray reads an array of objects, which need not keep to lines: errors count products.
func (c *Catalogue) readArray(r io.Reader) error {
	d := json.NewDecoder(r)
	_, err := d.Token() // the bracket that it was known by
	n := 1
	for ; err == nil && d.More(); n++ {
		p := Product{InStock: true}
		if err = d.Decode(&p); err != nil {
			return fmt.Errorf("product %d: not a JSON object of a product: %w", n, err)
		}
		if err = c.add(p); err != nil {
			return fmt.Errorf("product %d: %w", n, err)
		}
	}
	if err == nil {
		_, err = d.Token()
	}
	if err != nil {
		return fmt.Errorf("after product %d: not a JSON array of products: %w", n-1, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("after product %d: there is something behind the array", n-1)
	}
	return nil
}

func (c *Catalogue) readCSV(r io.Reader, skipped int) error {
	rows := csv.NewReader(r)
	rows.TrimLeadingSpace = true
	names, err := rows.Read()
	if err != nil {
		return err
	}
	h := header(names)
	item, name, category, price, stock := h.at("item"), h.at("name"), h.at("category"), h.at("price"), h.at("in_stock")
	if item < 0 {
		return fmt.Errorf("line %d: the header has no column item: it is %s", skipped+1, h)
	}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err // names the line
		}
		field := func(at int) string {
			if at < 0 {
				return ""
			}
			return row[at]
		}
		p := Product{Item: row[item], Name: field(name), Category: field(category), Price: json.Number(field(price))}
		if p.InStock, err = inStock(field(stock)); err == nil {
			err = c.add(p)
		}
		if err != nil {
			line, _ := rows.FieldPos(0)
			return fmt.Errorf("line %d: %w", skipped+line, err)
		}
	}
}

// header has the names of the columns. People write them in any case.
type header []string

func (h header) at(name string) int {
	return slices.IndexFunc(h, func(column string) bool { return strings.EqualFold(strings.TrimSpace(column), name) })
}

// String shows the header as far as people read it.
func (h header) String() string {
	const most = 200
	text := strings.Join(h, ",")
	if len(text) > most {
		return strconv.Quote(text[:most]) + " …"
	}
	return strconv.Quote(text)
}

func inStock(text string) (bool, error) {
	if text = strings.TrimSpace(text); text == "" {
		return true, nil
	}
	in, err := strconv.ParseBool(strings.ToLower(text))
	if err != nil {
		return false, fmt.Errorf("in_stock is %q, and none of true, false, 1, 0", text)
	}
	return in, nil
}
