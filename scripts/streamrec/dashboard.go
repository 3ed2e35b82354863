package main

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/spf13/pflag"

	"github.com/streamrec/streamrec/infra/dashboard"
	infrakinesis "github.com/streamrec/streamrec/infra/kinesis"
)

// dashboardOptions are the flags of a worker's dashboard.
type dashboardOptions struct {
	writes bool
}

func (o *dashboardOptions) flags(f *pflag.FlagSet) {
	f.BoolVar(&o.writes, "dashboard-writes", false, "let whoever sees the dashboard be a shopper, which puts records into the stream; needs --admin and --http")
}

// mountDashboard lets operators see the whole fleet on the worker's admin address. Everything comes from the lease table, the worker itself
// and, as far as they answer, its peers.
func (s *service) mountDashboard(ctx context.Context, c clients, o workerOptions, products *followedCatalogue, log logrus.FieldLogger) {
	if s.admin == nil {
		return
	}
	view := &fleetView{
		deployment: o.deployment(), store: s.store, source: infrakinesis.NewStream(c.kinesis, o.stream), retention: s.retention,
		silence: 2 * cmp.Or(o.failover, demoFailover), own: s.selves, peers: dashboard.NewPeers(time.Now),
	}
	options := dashboard.Options{Log: log, AnyHost: o.admin.tokenFile != "" || o.admin.certificate != ""}
	if o.dashboard.writes && s.http != nil {
		options.Shop = s.shop(c, o.stream, products)
	}
	s.admin.Handle("/", dashboard.New(ctx, view, options))
	if s.http != nil {
		s.http.Handle("GET "+dashboard.PeerPath, dashboard.SelfHandler(s.secret, s.selves)) // peers know address and secret from the lease table
	}
}

// selves is what this process knows of its worker.
func (s *service) selves() []dashboard.Self { return []dashboard.Self{s.self()} }

// shop offers what is popular.
func (s *service) shop(c clients, stream string, products *followedCatalogue) *fleetShop {
	shop := &fleetShop{
		answer: func() http.Handler { return s.http.Handler() }, put: putRecord(c.kinesis, stream), product: products.describe,
	}
	shop.offers = shop.popular
	return shop
}

// describe says what the catalogue says of a product, if there is one.
func (f *followedCatalogue) describe(code string) (offer dashboard.Product, detail map[string]any) {
	offer.Code = code
	if f == nil {
		return offer, nil
	}
	p, ok := f.Product(code)
	if !ok {
		return offer, nil
	}
	detail = map[string]any{}
	if p.Category != "" {
		detail["category"] = p.Category
	}
	if p.Price != "" {
		detail["price"] = json.Number(p.Price)
	}
	offer.Name, offer.Category, offer.Price = p.Name, p.Category, p.Price.String()
	return offer, detail
}
