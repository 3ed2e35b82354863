package catalogue

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
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

// Sold returns the number of products that are in stock.
func (c *Catalogue) Sold() (n int) {
	for _, p := range c.products {
		if p.InStock {
			n++
		}
	}
	return n
}

// Product returns what is known about an item.
func (c *Catalogue) Product(item string) (Product, bool) {
	p, ok := c.products[item]
	return p, ok
}

// Sells reports whether an item is in the catalogue and in stock.
func (c *Catalogue) Sells(item string) bool { return c.products[item].InStock }

// ErrNothingSold says that a file has no product that is in stock: with it every list would be empty, which is never what its writer wanted.
var ErrNothingSold = errors.New("no product is in stock")

// Read reads a catalogue. Errors: those of r, of the first line that is wrong, which they name, and ErrNothingSold.
func Read(r io.Reader) (*Catalogue, error) {
	c := &Catalogue{products: map[string]Product{}}
	err := c.read(r)
	if err == nil && c.Sold() == 0 {
		err = fmt.Errorf("%w: the file has %d products", ErrNothingSold, c.Len())
	}
	if err != nil {
		return nil, fmt.Errorf("read catalogue: %w", err)
	}
	return c, nil
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
