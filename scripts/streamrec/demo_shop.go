package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/streamrec/streamrec/infra/dashboard"
	infrakinesis "github.com/streamrec/streamrec/infra/kinesis"
)

// shop lets whoever looks at the demo's dashboard be one of its shoppers.
func (d *demo) shop() *fleetShop {
	return &fleetShop{answer: d.fleet.answer, put: d.traffic.visit, offers: d.traffic.offers, product: d.traffic.product}
}

// answer returns the query API of the worker that has run longest; any one would do.
func (f *fleet) answer() http.Handler {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range f.members {
		if m.http != nil {
			return m.http.Handler()
		}
	}
	return nil
}

// shelf is how many products of each category are on the page.
const shelf = 4

// offers are some products of each category, each of another kind.
func (t *traffic) offers(context.Context) (products []dashboard.Product, err error) {
	on, lines := map[string]int{}, map[string]bool{}
	for _, p := range t.shop.Catalogue() {
		if line := p.Category + p.Line; p.Stock > 0 && on[p.Category] < shelf && !lines[line] {
			on[p.Category]++
			lines[line] = true
			offer, _ := t.product(p.Code)
			products = append(products, offer)
		}
	}
	return products, nil
}

// product says what the shop says of a product.
func (t *traffic) product(code string) (offer dashboard.Product, detail map[string]any) {
	p, ok := t.shop.Product(code)
	if !ok {
		return dashboard.Product{Code: code}, nil
	}
	return dashboard.Product{Code: p.Code, Name: p.Name, Category: p.Category, Price: p.Price() + " " + p.Currency},
		map[string]any{"category": p.Category, "brand": p.Brand, "price": json.Number(p.Price()), "currency": p.Currency}
}

// visit puts one record among those of the shoppers, and returns when it is acknowledged: the demo's audit counts it too.
func (t *traffic) visit(ctx context.Context, session string, record []byte) error {
	t.mu.Lock()
	producer := t.producer
	if producer == nil {
		t.mu.Unlock()
		return errors.New("the shop is closed")
	}
	t.visits--
	number, acked := t.visits, make(chan error, 1)
	t.waiting[number] = acked
	t.mu.Unlock()
	if err := producer.Put(ctx, infrakinesis.Record{Key: session, Data: record, Number: number}); err != nil {
		return err
	}
	select {
	case err := <-acked:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
