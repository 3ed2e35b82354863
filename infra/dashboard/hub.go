package dashboard

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
)

// hub looks at the fleet while somebody watches, and keeps the newest edition for all watchers.
type hub struct {
	source Source
	every  time.Duration
	shop   bool
	now    func() time.Time
	log    logrus.FieldLogger
	life   context.Context // looks end with it

	looking chan struct{} // holds a token while a look goes on

	mu       sync.Mutex
	watchers int
	stop     context.CancelFunc
	newest   *edition
	seen     bool // newest has a fleet, and not only the reason why there is none
	lookedAt time.Time
	changed  chan struct{} // closed when there is a newer edition
	events   int64
	warned   time.Time
}

func newHub(life context.Context, source Source, o Options) *hub {
	return &hub{
		source: source, every: o.Every, shop: o.Shop != nil, now: o.Now, log: o.Log, life: life,
		looking: make(chan struct{}, 1), changed: make(chan struct{}),
	}
}

// errCrowded is the answer to one watcher too many.
var errCrowded = errors.New("too many pages watch this worker")

// watch starts the looks if nobody has watched so far. The caller calls leave when it goes.
func (h *hub) watch(most int) (leave func(), err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.watchers >= most {
		return nil, errCrowded
	}
	if h.watchers++; h.watchers == 1 {
		var ctx context.Context
		ctx, h.stop = context.WithCancel(h.life)
		go h.run(ctx)
	}
	return sync.OnceFunc(h.leave), nil
}

func (h *hub) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.watchers--; h.watchers == 0 {
		h.stop()
	}
}

func (h *hub) run(ctx context.Context) {
	tick := time.NewTicker(h.every)
	defer tick.Stop()
	for {
		h.look(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// latest returns the newest edition, nil when there is none from these days, and what will be closed when there is a newer one.
func (h *hub) latest() (*edition, <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.unwatched() {
		return nil, h.changed
	}
	return h.newest, h.changed
}

// unwatched reports whether there were no looks lately.
func (h *hub) unwatched() bool { return h.now().Sub(h.lookedAt) > 5*h.every }

// fresh returns an edition that is not older than the time between looks, and looks if it must.
func (h *hub) fresh(ctx context.Context) *edition {
	if e := h.recent(); e != nil {
		return e
	}
	h.look(ctx)
	e, _ := h.latest()
	return e
}

func (h *hub) recent() *edition {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.newest != nil && h.now().Sub(h.lookedAt) < h.every {
		return h.newest
	}
	return nil
}

// look publishes a new edition; one look at a time, and whoever waited for another one is content with that.
func (h *hub) look(ctx context.Context) {
	select {
	case h.looking <- struct{}{}:
	case <-ctx.Done():
		return
	}
	defer func() { <-h.looking }()
	if h.recentlyTaken() {
		return
	}
	fleet, err := h.source.Look(ctx)
	if ctx.Err() != nil {
		return
	}
	if err == nil {
		err = h.publish(fleet, true)
	}
	if err != nil {
		h.failed(err)
	}
}

// recentlyTaken reports whether another look has just ended.
func (h *hub) recentlyTaken() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.newest != nil && h.now().Sub(h.lookedAt) < h.every/2
}

func (h *hub) publish(f *Fleet, seen bool) error {
	whole := *f
	whole.Shop = h.shop
	h.mu.Lock()
	defer h.mu.Unlock()
	var events []Event
	if h.seen {
		events = h.number(news(Changes(h.newest.fleet, &whole), h.newest.feed))
	}
	e, err := newEdition(h.newest, &whole, events)
	if err != nil {
		return err
	}
	h.newest, h.lookedAt, h.seen = e, h.now(), h.seen || seen
	close(h.changed)
	h.changed = make(chan struct{})
	return nil
}

// number gives the events their ids, and says of those that nobody watched since when they may have happened.
func (h *hub) number(events []Event) []Event {
	unwatched := h.unwatched()
	for i := range events {
		h.events++
		events[i].ID = h.events
		if unwatched {
			events[i].After = h.newest.fleet.At
		}
	}
	return events
}

// failed publishes the last look again, with the reason why there is no newer one.
func (h *hub) failed(err error) {
	h.mu.Lock()
	last := h.newest
	if now := h.now(); now.Sub(h.warned) > 10*time.Second {
		h.warned = now
		h.log.WithError(err).Warn("dashboard cannot look at the fleet")
	}
	h.mu.Unlock()
	f := Fleet{At: h.now().UnixMilli()}
	if last != nil {
		f = *last.fleet
	}
	f.Trouble = "cannot look at the fleet: " + err.Error()
	if err := h.publish(&f, false); err != nil {
		h.log.WithError(err).Error("dashboard cannot be encoded")
	}
}
