package catalogue

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
)

// Product is what a shop says about an item.
type Product struct {
	Item     string      `json:"item"`
	Name     string      `json:"name"`
	Category string      `json:"category"`
	Price    json.Number `json:"price"` // empty when it is not known
	InStock  bool        `json:"in_stock"`
}

// Catalogue is a set of products by item. It does not change, and any number of goroutines may use it.
type Catalogue struct {
	products map[string]Product
}

// Len returns the number of products.
func (c *Catalogue) Len() int { return len(c.products) }

// Product returns what is known about an item.
func (c *Catalogue) Product(item string) (Product, bool) {
	p, ok := c.products[item]
	return p, ok
}

// Sells reports whether an item is in the catalogue and in stock.
func (c *Catalogue) Sells(item string) bool { return c.products[item].InStock }

// maxLine bounds a line of JSON.
const maxLine = 1 << 20

// Read reads a catalogue. Errors: those of r, and of the first line that is wrong, which they name.
func Read(r io.Reader) (*Catalogue, error) {
	in := bufio.NewReader(r)
	c := &Catalogue{products: map[string]Product{}}
	first, err := in.Peek(1)
	switch {
	case errors.Is(err, io.EOF):
		return c, nil
	case err != nil:
		return nil, fmt.Errorf("read catalogue: %w", err)
	case first[0] == '{':
		err = c.readJSON(in)
	default:
		err = c.readCSV(in)
	}
	if err != nil {
		return nil, fmt.Errorf("read catalogue: %w", err)
	}
	return c, nil
}

func (c *Catalogue) readJSON(r io.Reader) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	n := 0
	for lines.Scan() {
		n++
		if len(lines.Bytes()) == 0 {
			continue
		}
		p := Product{InStock: true}
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
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

func (c *Catalogue) readCSV(r io.Reader) error {
	rows := csv.NewReader(r)
	header, err := rows.Read()
	if err != nil {
		return err
	}
	at := func(name string) int { return slices.Index(header, name) }
	item, name, category, price, stock := at("item"), at("name"), at("category"), at("price"), at("in_stock")
	if item < 0 {
		return errors.New("line 1: the header has no column item")
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
			return fmt.Errorf("line %d: %w", line, err)
		}
	}
}

func inStock(text string) (bool, error) {
	if text == "" {
		return true, nil
	}
	in, err := strconv.ParseBool(text)
	if err != nil {
		return false, errors.New("in_stock is none of true, false, 1, 0")
	}
	return in, nil
}

func (c *Catalogue) add(p Product) error {
	if p.Item == "" {
		return errors.New("the product has no item")
	}
	if p.Price != "" {
		v, err := p.Price.Float64()
		if err != nil || !(v >= 0) || math.IsInf(v, 0) {
			return errors.New("price is not a number from 0")
		}
		if !json.Valid([]byte(p.Price)) { // +5, .5 and 007 are numbers in CSV, and answers are JSON
			p.Price = json.Number(strconv.FormatFloat(v, 'f', -1, 64))
		}
	}
	c.products[p.Item] = p
	return nil
}
