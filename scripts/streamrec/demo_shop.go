package main

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/streamrec/streamrec/infra/dashboard"
	infrakinesis "github.com/streamrec/streamrec/infra/kinesis"
	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/table"
	"github.com/streamrec/streamrec/scripts/shop"
)

// demoShop lets whoever looks at the demo's dashboard be one of its shoppers.
type demoShop struct {
	traffic *traffic
	fleet   *fleet
}

var _ dashboard.Shop = (*demoShop)(nil)

// shelf is how many products of each category are on the page.
const shelf = 4

// Products implements dashboard.Shop.
func (d *demoShop) Products(context.Context) (products []dashboard.Product, err error) {
	on := map[string]int{}
	lines := map[string]bool{}
	for _, p := range d.traffic.shop.Catalogue() {
		if p.Stock > 0 && on[p.Category] < shelf && !lines[p.Category+p.Line] {
			on[p.Category]++
			lines[p.Category+p.Line] = true
			products = append(products, onShelf(p))
		}
	}
	return products, nil
}

func onShelf(p shop.Product) dashboard.Product {
	return dashboard.Product{Code: p.Code, Name: p.Name, Category: p.Category, Price: p.Price() + " " + p.Currency}
}

// Visit implements dashboard.Shop.
func (d *demoShop) Visit(ctx context.Context, v dashboard.Visit) error {
	p, ok := d.traffic.shop.Product(v.Product)
	if !ok {
		return errors.New("there is no such product")
	}
	return d.traffic.visit(ctx, v.Session, stepOf(v, p))
}

// stepOf is a record of one step, in the format of the input.
func stepOf(v dashboard.Visit, p shop.Product) []byte {
	record, _ := json.Marshal(map[string]any{ // of strings and numbers
		"session_id": v.Session, "city": "Lund", "country": "Sweden",
		"browse_history": []map[string]any{{
			"product_code": p.Code, "quantity": 1, "in_shopping_cart": v.Event != "view", "event": v.Event,
			"category": p.Category, "brand": p.Brand, "price": json.Number(p.Price()), "currency": p.Currency,
		}},
	})
	return record
}

// Recommend implements dashboard.Shop.
func (d *demoShop) Recommend(_ context.Context, session string) (*dashboard.Served, error) {
	l, ok := d.fleet.lists.of(session)
	if !ok {
		return nil, nil
	}
	served := &dashboard.Served{Steps: int64(len(l.steps)), Shard: l.shard}
	if h, ok := d.fleet.held()[l.shard]; ok {
		served.Worker, served.Counter = h.worker, h.LeaseCounter
	}
	for _, code := range l.list {
		p := dashboard.Product{Code: code, Name: code}
		if known, ok := d.traffic.shop.Product(code); ok {
			p = onShelf(known)
		}
		served.Products = append(served.Products, p)
	}
	return served, nil
}

// sessionLists keeps the newest list of each session of the dashboard.
type sessionLists struct {
	mu       sync.Mutex
	sessions map[string]*sessionList
	order    []string // the newest last
}

// sessionList is what was recommended, after which records.
type sessionList struct {
	shard string
	steps []string // sequence numbers
	list  []string
}

// sessionsListed bounds the sessions whose lists are kept.
const sessionsListed = 200

var _ processor.Observer = (*sessionLists)(nil)

func newSessionLists() *sessionLists { return &sessionLists{sessions: map[string]*sessionList{}} }

// Processed implements processor.Observer.
func (s *sessionLists) Processed(shard string, row *table.Row) {
	if row.SessionID == nil || !strings.HasPrefix(*row.SessionID, dashboard.SessionPrefix) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.session(strings.Clone(*row.SessionID))
	if slices.Contains(l.steps, row.SequenceNumber) {
		return // again, after a takeover
	}
	l.shard, l.steps, l.list = shard, append(l.steps, row.SequenceNumber), nil
	for _, r := range row.Recommendations {
		l.list = append(l.list, strings.Clone(r.ProductCode))
	}
}

func (s *sessionLists) session(id string) *sessionList {
	l, ok := s.sessions[id]
	if !ok {
		l = &sessionList{}
		s.sessions[id] = l
		s.order = append(s.order, id)
	}
	if len(s.order) > sessionsListed {
		delete(s.sessions, s.order[0])
		s.order = s.order[1:]
	}
	return l
}

// Committed implements processor.Observer.
func (s *sessionLists) Committed(string, chain.Batch, time.Duration) {}

func (s *sessionLists) of(session string) (sessionList, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, ok := s.sessions[session]
	if !ok {
		return sessionList{}, false
	}
	return *l, true
}

// visit puts one record among those of the shoppers, and returns when it is acknowledged.
func (t *traffic) visit(ctx context.Context, session string, payload []byte) error {
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
	if err := producer.Put(ctx, infrakinesis.Record{Key: session, Data: payload, Number: number}); err != nil {
		return err
	}
	select {
	case err := <-acked:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
