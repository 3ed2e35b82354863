package shop

import (
	"fmt"
	"math/rand/v2"
)

// Product is one thing that the shop sells.
type Product struct {
	// Code looks like S12_1099: the department, then the product.
	Code string
	// Name is for people: brand, style and kind.
	Name string
	// Category is the department, Line the kind of thing; products of one line replace each other.
	Category, Line string
	Brand          string
	// Cents is the price in hundredths of Currency.
	Cents    int64
	Currency string
	// Stock is how many there are; 0 for what can be looked at but not bought.
	Stock int
}

// Price is the price as it stands in a record, such as 39.90.
func (p Product) Price() string { return fmt.Sprintf("%d.%02d", p.Cents/100, p.Cents%100) }

// catalogueSeed fixes the catalogue: codes and names are the same in every shop, so that whoever shows a product needs
// only its code.
const catalogueSeed = 1099

// Catalogue returns everything that any shop sells, by code. The same products in the same order every time; the slice
// belongs to the caller.
func Catalogue() []Product {
	rnd := rand.New(rand.NewPCG(catalogueSeed, 0))
	var products []Product
	for c, department := range departments() {
		for l, line := range department.lines {
			for v := range variants {
				products = append(products, newProduct(rnd, c, l, v, len(products), department, line))
			}
		}
	}
	return products
}

// newProduct makes the variant v of line l in category c, which is the product n of the catalogue.
func newProduct(rnd *rand.Rand, c, l, v, n int, department category, line line) Product {
	brand := department.brands[(l+v)%len(department.brands)]
	style := styles[(c*5+l*7+v)%len(styles)]
	stock := rnd.IntN(200)
	if rnd.IntN(25) == 0 {
		stock = 0
	}
	return Product{
		Code: fmt.Sprintf("S%02d_%04d", 10+c, 1099+n*17), Name: brand + " " + style + " " + line.name,
		Category: department.name, Line: line.name, Brand: brand,
		Cents: tier(line.cents, v), Currency: "EUR", Stock: stock,
	}
}

// tier is the price of variant v of a line: from 60 % to 200 % of the ordinary one, and ending in 90 cents.
func tier(cents int64, v int) int64 {
	return max(cents*int64(60+20*v)/100/100, 1)*100 - 10
}
