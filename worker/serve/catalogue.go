package serve

import (
	"math"
	"net/http"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/model/catalogue"
)

// Products is what the shop says about its items. It may change its mind at any time.
type Products interface {
	// Product returns what is known of an item; false: nothing is. It returns at once.
	Product(item string) (catalogue.Product, bool)
}

// question translates a request for the model. products is nil when there is no catalogue.
func (r *request) question(products Products) (model.Question, *problem) {
	q := model.Question{Session: r.session, Items: r.items, OnlyKnown: r.similar, K: r.k}
	q.Seen, q.Purchased = r.seen, r.purchased
	priced := !math.IsNaN(r.priceMin) || !math.IsNaN(r.priceMax)
	if products == nil {
		if r.inStock || priced {
			return q, &problem{
				Title: "there is no catalogue", Status: http.StatusBadRequest,
				Detail: "in_stock, price_min and price_max need one: start the workers with --catalogue",
			}
		}
		q.Category = r.category
		return q, nil
	}
	if r.inStock || priced || r.category != "" {
		q.Keep = func(item string) bool {
			p, known := products.Product(item)
			return known && (p.InStock || !r.inStock) && (r.category == "" || p.Category == r.category) && (!priced || r.affordable(p))
		}
	}
	return q, nil
}

// affordable reports whether the price is known and within the bounds.
func (r *request) affordable(p catalogue.Product) bool {
	price, err := p.Price.Float64()
	return err == nil && !(price < r.priceMin) && !(price > r.priceMax) // there may be no bound, and nothing is below or above NaN
}
