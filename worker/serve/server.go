package serve

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/worker/lease"
)

// Config configures a Server. The zero value of an optional field means its default.
type Config struct {
	// Model has the parameters of the models that answer from the merged facts. Defaults to model.DefaultParams.
	Model *model.Params
	// Sells reports whether an item may be recommended. Nil: all may.
	Sells func(item string) bool
	// Products is the catalogue. Nil: there is none.
	Products Products
	// Questions is how many are answered at a time; more are refused. Defaults to 256.
	Questions int
	// Streams is how many are open at a time; more are refused. Defaults to 1,024.
	Streams int
	// Ready says why load balancers should look elsewhere. Defaults to that of the Fleet.
	Ready func() error
	// Observe is told of each question that was answered. It returns at once. Nil is told nothing.
	Observe func(Observation)
}

// Observation is how a question was answered.
type Observation struct {
	Way  string        // live, forwarded, merged, stale, problem
	Took time.Duration // from the request to the answer
}

// Server answers questions. Its Handler may be used as soon as it has been made.
type Server struct {
	cfg     Config
	live    *Live
	fleet   Fleet
	merged  *merged // nil when other shards are not followed
	router  *router
	forward *forwarder
	beside  map[string]http.Handler
	log     logrus.FieldLogger

	questions atomic.Int64
	streams   atomic.Int64
	ending    endings // of the streams
}

// New returns a server of the shards in live. facts may be nil.
func New(cfg Config, live *Live, fleet Fleet, table Table, facts Facts, log logrus.FieldLogger) *Server {
	if cfg.Model == nil {
		cfg.Model = new(model.DefaultParams())
	}
	if cfg.Questions == 0 {
		cfg.Questions = 256
	}
	if cfg.Streams == 0 {
		cfg.Streams = 1024
	}
	if cfg.Observe == nil {
		cfg.Observe = func(Observation) {}
	}
	if cfg.Ready == nil {
		cfg.Ready = fleet.Ready
	}
	s := &Server{cfg: cfg, live: live, fleet: fleet, router: newRouter(fleet, table), forward: newForwarder(), beside: map[string]http.Handler{}, log: log}
	if facts != nil {
		s.merged = newMerged(facts, *cfg.Model, cfg.Sells)
	}
	return s
}

// Streams returns how many streams are open.
func (s *Server) Streams() int64 { return s.streams.Load() }

// question is a request that has been understood.
type question struct {
	request
	uri  string
	key  event.HashKey // of a session
	ask  model.Question
	hop  string // the worker that it is meant for, when another one has forwarded it
	ways string // how it was answered, once it has been: see Observation
}

// answer answers a question as JSON.
func (s *Server) answer(ctx context.Context, q *question) ([]byte, error) {
	if q.session == "" {
		return s.answerItems(ctx, q)
	}
	if shard := s.own(q); shard != nil {
		return s.answerLive(q, shard)
	}
	if q.hop != "" {
		return nil, s.misdirected()
	}
	row, known := s.router.owner(q.key)
	for range 2 {
		if body, err := s.forwardTo(ctx, q, row); err == nil {
			return body, nil
		}
		if !known || !s.router.again(ctx, row.Key) {
			break
		}
		if shard := s.own(q); shard != nil {
			return s.answerLive(q, shard)
		}
		was := row
		if row, known = s.router.owner(q.key); row.Owner == was.Owner && row.Key == was.Key {
			break
		}
	}
	return s.answerStale(ctx, q, row)
}

// own returns the shard here that answers a question as its owner, or nil.
func (s *Server) own(q *question) *Shard {
	if q.hop != "" && q.hop != s.fleet.ID() || s.fleet.Ready() != nil {
		return nil
	}
	return s.live.owner(q.key)
}

// forwardTo asks the owner, unless that is this worker, which would have answered by itself.
func (s *Server) forwardTo(ctx context.Context, q *question, row lease.Lease) ([]byte, error) {
	if row.Owner == "" || row.Owner == s.fleet.ID() {
		return nil, errUnreachable
	}
	body, err := s.forward.ask(ctx, s.router.address(row.Owner), row.Owner, q.uri)
	if err == nil {
		q.ways = "forwarded"
	}
	return body, err
}

// answerLive asks the model of the shard.
func (s *Server) answerLive(q *question, shard *Shard) ([]byte, error) {
	got, ok := shard.Ask(q.ask, q.why)
	if !ok {
		return nil, unavailable("the shard cannot be asked")
	}
	q.ways = "live"
	row := shard.term.Lease()
	return s.encode(q, got, Answer{Shard: row.Key, LeaseCounter: row.Counter, Source: SourceLive, StalenessMs: shard.behind.Load()})
}

// answerStale answers for an owner that cannot.
func (s *Server) answerStale(ctx context.Context, q *question, row lease.Lease) ([]byte, error) {
	if s.merged == nil {
		return nil, unavailable("the owner of the session cannot be reached, and other shards are not followed here")
	}
	got, ok := s.merged.ask(ctx, q.ask, q.why)
	if !ok {
		return nil, unavailable("the model is being restored")
	}
	q.ways = "stale"
	return s.encode(q, got, Answer{
		Shard: row.Key, LeaseCounter: row.Counter, Source: SourceMerged, Stale: true, StalenessMs: s.staleness(row),
	})
}

// staleness is the age of the newest record of a shard that is merged, or of its parents' when none of its own is.
func (s *Server) staleness(row lease.Lease) int64 {
	arrival := s.merged.facts.Arrival(row.Key)
	for _, p := range row.Parents {
		if arrival == 0 {
			arrival = s.merged.facts.Arrival(p)
		}
	}
	if arrival == 0 {
		if edition := s.merged.facts.Latest(); edition != nil {
			arrival = edition.Stats().Newest.Ms()
		}
	}
	return max(time.Now().UnixMilli()-arrival, 0)
}

// answerItems answers a question that no shard owns. While nothing is merged, a shard that is open here knows more.
func (s *Server) answerItems(ctx context.Context, q *question) ([]byte, error) {
	nothing := s.merged.empty()
	if shard := s.live.any(); nothing && shard != nil {
		return s.answerLive(q, shard)
	}
	if s.merged == nil {
		return nil, unavailable("no shard is open here, and other shards are not followed")
	}
	got, ok := s.merged.ask(ctx, q.ask, q.why)
	if !ok {
		return nil, unavailable("the model is being restored")
	}
	if nothing {
		q.ways = "stale"
		return s.encode(q, got, Answer{Source: SourceMerged, Stale: true, StalenessMs: s.staleness(lease.Lease{})})
	}
	q.ways = "merged"
	return s.encode(q, got, Answer{Source: SourceMerged, StalenessMs: s.merged.facts.Latest().StaleMs(time.Now().UnixMilli())})
}

func (s *Server) encode(q *question, got processor.Answer, a Answer) ([]byte, error) {
	a.SessionID, a.Items, a.Worker = q.session, q.items, s.fleet.ID()
	a.fill(got, s.cfg.Products)
	return json.Marshal(a)
}

func (s *Server) misdirected() *problem {
	return &problem{Title: "another worker owns the session", Status: http.StatusMisdirectedRequest, Worker: s.fleet.ID()}
}

func unavailable(detail string) *problem {
	return &problem{Title: "there is no answer yet", Status: http.StatusServiceUnavailable, Detail: detail}
}

// asProblem returns the problem that an error is, or makes one of it.
func asProblem(err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	return &problem{Title: "the question could not be answered", Status: http.StatusInternalServerError}
}
