package dashboard

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"regexp"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/streamrec/streamrec/infra/admin"
)

// Shop lets people be shoppers. Its methods may be called concurrently.
type Shop interface {
	// Products returns what is offered on the page, at most a few dozen.
	Products(ctx context.Context) ([]Product, error)
	// Visit puts one step of a session into the stream, and returns when it is acknowledged.
	Visit(ctx context.Context, v Visit) error
	// Recommend returns what is recommended to a session.
	Recommend(ctx context.Context, session string) (*Served, error)
}

// Product is what the shop sells.
type Product struct {
	Code     string `json:"code"`
	Name     string `json:"name"`
	Category string `json:"category,omitempty"`
	Price    string `json:"price,omitempty"`
	Why      string `json:"why,omitempty"` // it is recommended
}

// Visit is one step of a session.
type Visit struct {
	Session string `json:"session"`
	Product string `json:"product"`
	Event   string `json:"event"` // view, cart, purchase
}

// Served is a list of recommendations, and where it comes from.
type Served struct {
	Products []Product `json:"products"`
	History  []string  `json:"history"` // what the session has touched, as far as the list knows
	Shard    string    `json:"shard"`
	Worker   string    `json:"worker"`
	Counter  int64     `json:"counter"` // of the lease
	Source   string    `json:"source"`  // live: the model of the shard; merged: what all shards have committed
	Stale    bool      `json:"stale"`   // its owner should have answered, and did not
	StaleMs  int64     `json:"staleMs"`
}

// counter is where people are served. It writes sessions of its own only, and not more than a person can click.
type counter struct {
	shop    Shop
	anyHost bool
	log     logrus.FieldLogger
	bucket  *allowance
}

func newCounter(o Options) *counter {
	return &counter{shop: o.Shop, anyHost: o.AnyHost, log: o.Log, bucket: newAllowance(o.Now, 30, 10)}
}

func (c *counter) mount(mux *http.ServeMux) {
	mux.HandleFunc("GET /dashboard/shop/products", c.products)
	mux.HandleFunc("GET /dashboard/shop/recommendations", c.recommendations)
	mux.HandleFunc("POST /dashboard/shop/visits", c.visit)
}

// SessionPrefix begins the ids of the sessions that the page makes up: nobody can write into a real shopper's.
const SessionPrefix = "dashboard-"

var sessionFormat = regexp.MustCompile(`^` + SessionPrefix + `[0-9a-f]{16}$`)

func (c *counter) products(w http.ResponseWriter, r *http.Request) {
	products, err := c.shop.Products(r.Context())
	c.answer(w, r, products, err)
}

func (c *counter) recommendations(w http.ResponseWriter, r *http.Request) {
	session := r.URL.Query().Get("session")
	if !sessionFormat.MatchString(session) {
		problem(w, http.StatusBadRequest, "the session is not one of this page")
		return
	}
	served, err := c.shop.Recommend(r.Context(), session)
	c.answer(w, r, served, err)
}

func (c *counter) visit(w http.ResponseWriter, r *http.Request) {
	if why := refusal(r, c.anyHost); why != "" {
		admin.Note(r.Context(), "reason", why)
		problem(w, http.StatusForbidden, why)
		return
	}
	if !c.bucket.take() {
		w.Header().Set("Retry-After", "1")
		problem(w, http.StatusTooManyRequests, "too many clicks: wait a moment")
		return
	}
	var v Visit
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<10))
	d.DisallowUnknownFields()
	if err := errors.Join(d.Decode(&v), v.validate()); err != nil {
		problem(w, statusOf(err), err.Error())
		return
	}
	admin.Note(r.Context(), "session", v.Session)
	admin.Note(r.Context(), "product", v.Product)
	admin.Note(r.Context(), "event", v.Event)
	err := c.shop.Visit(r.Context(), v)
	c.answer(w, r, struct{}{}, err)
}

// statusOf tells a body that did not come in time from one that makes no sense.
func statusOf(err error) int {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return http.StatusRequestTimeout
	}
	return http.StatusBadRequest
}

func (v Visit) validate() error {
	switch {
	case !sessionFormat.MatchString(v.Session):
		return errors.New("the session is not one of this page")
	case v.Product == "" || len(v.Product) > 256:
		return errors.New("the product code must have 1 to 256 bytes")
	case v.Event != "view" && v.Event != "cart" && v.Event != "purchase":
		return errors.New("the event must be view, cart or purchase")
	}
	return nil
}

func (c *counter) answer(w http.ResponseWriter, r *http.Request, body any, err error) {
	if err == nil {
		writeJSON(w, http.StatusOK, body)
		return
	}
	if r.Context().Err() == nil {
		c.log.WithError(err).WithField("path", r.URL.Path).Warn("dashboard's shop fails")
	}
	problem(w, http.StatusBadGateway, err.Error())
}

func problem(w http.ResponseWriter, status int, text string) {
	writeJSON(w, status, map[string]string{"error": text})
}

// allowance is a token bucket for all pages together.
type allowance struct {
	now       func() time.Time
	most      float64
	perSecond float64

	mu   sync.Mutex
	left float64
	at   time.Time
}

func newAllowance(now func() time.Time, most, perSecond float64) *allowance {
	return &allowance{now: now, most: most, perSecond: perSecond, left: most, at: now()}
}

func (a *allowance) take() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	a.left = min(a.most, a.left+now.Sub(a.at).Seconds()*a.perSecond)
	a.at = now
	if a.left < 1 {
		return false
	}
	a.left--
	return true
}
