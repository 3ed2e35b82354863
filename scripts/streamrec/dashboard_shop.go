package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/streamrec/streamrec/infra/dashboard"
	"github.com/streamrec/streamrec/worker/serve"
)

// fleetShop lets whoever looks at the dashboard be a shopper: visits go into the stream, and the query API says what the fleet makes of them.
type fleetShop struct {
	answer  func() http.Handler // of the query API of a worker that lives; nil when none does
	put     func(ctx context.Context, session string, record []byte) error
	offers  func(ctx context.Context) ([]dashboard.Product, error)
	product func(code string) (p dashboard.Product, detail map[string]any) // what is known of it; detail are fields of a record
}

var _ dashboard.Shop = (*fleetShop)(nil)

// Products implements dashboard.Shop.
func (s *fleetShop) Products(ctx context.Context) ([]dashboard.Product, error) { return s.offers(ctx) }

// Visit implements dashboard.Shop.
func (s *fleetShop) Visit(ctx context.Context, v dashboard.Visit) error {
	_, detail := s.product(v.Product)
	step := map[string]any{"product_code": v.Product, "quantity": 1, "in_shopping_cart": v.Event != "view", "event": v.Event}
	for name, value := range detail {
		step[name] = value
	}
	record, err := json.Marshal(map[string]any{"session_id": v.Session, "browse_history": []any{step}})
	if err != nil {
		return fmt.Errorf("encode visit: %w", err)
	}
	return s.put(ctx, v.Session, record)
}

// Recommend implements dashboard.Shop.
func (s *fleetShop) Recommend(ctx context.Context, session string) (*dashboard.Served, error) {
	answer, err := s.ask(ctx, url.Values{"session_id": {session}, "k": {"10"}, "exclude": {"seen"}, "why": {"true"}})
	if err != nil {
		return nil, err
	}
	served := &dashboard.Served{
		History: answer.History, Shard: answer.Shard, Worker: answer.Worker, Counter: answer.LeaseCounter, Source: answer.Source, Stale: answer.Stale,
		StaleMs: answer.StalenessMs, Products: []dashboard.Product{},
	}
	for i := range answer.Recommendations {
		r := &answer.Recommendations[i]
		p := s.describe(r)
		p.Why = s.why(r.Why)
		served.Products = append(served.Products, p)
	}
	return served, nil
}

// popular are the products that everybody may be offered: those for a session of which nothing is known.
func (s *fleetShop) popular(ctx context.Context) ([]dashboard.Product, error) {
	answer, err := s.ask(ctx, url.Values{"session_id": {dashboard.SessionPrefix + strings.Repeat("0", 16)}, "k": {"48"}})
	if err != nil {
		return nil, err
	}
	products := []dashboard.Product{}
	for i := range answer.Recommendations {
		products = append(products, s.describe(&answer.Recommendations[i]))
	}
	return products, nil
}

// describe says what is known of a product: by the catalogue that the answer comes from, or here.
func (s *fleetShop) describe(r *serve.Recommendation) dashboard.Product {
	p, _ := s.product(r.ProductCode)
	p.Code = r.ProductCode
	if r.Name != "" {
		p.Name, p.Category, p.Price = r.Name, r.Category, r.Price.String()
	}
	if p.Name == "" {
		p.Name = r.ProductCode
	}
	return p
}

// why tells the largest reason of a score.
func (s *fleetShop) why(reasons []serve.Reason) string {
	if len(reasons) == 0 {
		return ""
	}
	r := reasons[0]
	about := ""
	if len(r.Items) > 0 {
		p, _ := s.product(r.Items[len(r.Items)-1])
		about = p.Name
		if about == "" {
			about = r.Items[len(r.Items)-1]
		}
	}
	switch {
	case r.Kind == "neighbour" && about != "":
		return "seen with " + about
	case r.Kind == "second_hop" && about != "":
		return "goes with " + about
	case r.Kind == "shelf":
		return "popular in its category"
	case r.Kind == "popular":
		return "popular"
	case r.Kind == "reminder":
		return "you looked at it before"
	}
	return ""
}

// ask asks the query API within this process; it forwards to the owner of the session.
func (s *fleetShop) ask(ctx context.Context, query url.Values) (*serve.Answer, error) {
	handler := s.answer()
	if handler == nil {
		return nil, errors.New("no worker answers")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "/v1/recommendations?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	reply := &reply{header: http.Header{}, status: http.StatusOK}
	handler.ServeHTTP(reply, r)
	if reply.status != http.StatusOK {
		return nil, fmt.Errorf("the query API says %s", http.StatusText(reply.status))
	}
	var a serve.Answer
	if err := json.Unmarshal(reply.body.Bytes(), &a); err != nil {
		return nil, fmt.Errorf("read answer of the query API: %w", err)
	}
	return &a, nil
}

// reply keeps what a handler answers.
type reply struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (r *reply) Header() http.Header { return r.header }

// WriteHeader implements http.ResponseWriter.
func (r *reply) WriteHeader(status int) { r.status = status }

// Write implements http.ResponseWriter.
func (r *reply) Write(p []byte) (int, error) { return r.body.Write(p) }

// putRecord puts one record into a stream.
func putRecord(c *kinesis.Client, stream string) func(context.Context, string, []byte) error {
	return func(ctx context.Context, session string, record []byte) error {
		_, err := c.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: &stream, PartitionKey: &session, Data: record})
		return explain("put a visit into the stream", err)
	}
}
