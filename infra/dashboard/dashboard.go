package dashboard

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"embed"
	"encoding/json"
	"io/fs"
	"net/http"
	"time"

	"github.com/sirupsen/logrus"
)

// Options of a Dashboard. The zero value of an optional field means its default.
type Options struct {
	Log logrus.FieldLogger // required
	// Shop lets people be shoppers, which writes to the stream. Nil does not.
	Shop Shop
	// AnyHost accepts writes under any host name. It is right where everybody shows a token or a certificate; elsewhere only IP addresses and
	// localhost are accepted, since somebody could make a name of theirs point here.
	AnyHost bool
	// Every is the time between two looks while somebody watches. Defaults to 1 s.
	Every time.Duration
	// Patience is how long a watcher may take no bytes. Defaults to 10 s.
	Patience time.Duration
	// Watchers is how many pages may watch at a time. Defaults to 50.
	Watchers int
	// Now is the time of day. Defaults to time.Now.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	o.Every = cmp.Or(o.Every, time.Second)
	o.Patience = cmp.Or(o.Patience, 10*time.Second)
	o.Watchers = cmp.Or(o.Watchers, 50)
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Dashboard serves the page and what it shows.
type Dashboard struct {
	options Options
	hub     *hub
	life    context.Context
	handler http.Handler
}

//go:embed assets
var assets embed.FS

// New returns a dashboard of what source sees. Its streams end with ctx; nothing runs while nobody watches.
func New(ctx context.Context, source Source, o Options) *Dashboard {
	o = o.withDefaults()
	d := &Dashboard{options: o, life: ctx, hub: newHub(ctx, source, o)}
	files, err := fs.Sub(assets, "assets")
	if err != nil {
		panic(err) // the name is that of the line above
	}
	mux := http.NewServeMux()
	mux.Handle("GET /dashboard/", http.StripPrefix("/dashboard", cached(http.FileServerFS(files))))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, files, "index.html") })
	mux.HandleFunc("GET /dashboard/fleet", d.fleet)
	mux.HandleFunc("GET /dashboard/stream", d.stream)
	if o.Shop != nil {
		newCounter(o).mount(mux)
	}
	d.handler = guarded(mux)
	return d
}

// ServeHTTP implements http.Handler.
func (d *Dashboard) ServeHTTP(w http.ResponseWriter, r *http.Request) { d.handler.ServeHTTP(w, r) }

// cached lets browsers keep the files of the page, and ask whether they are the same.
func cached(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		next.ServeHTTP(w, r)
	})
}

// fleet answers with everything.
func (d *Dashboard) fleet(w http.ResponseWriter, r *http.Request) {
	e := d.hub.fresh(r.Context())
	if e == nil {
		http.Error(w, "the fleet cannot be looked at", http.StatusServiceUnavailable)
		return
	}
	body, err := e.full()
	if err != nil {
		http.Error(w, "the fleet cannot be encoded", http.StatusInternalServerError)
		return
	}
	writeJSON(w, http.StatusOK, json.RawMessage(body))
}

// SelfHandler answers peers, at PeerPath, with what this process knows of its own workers. Peers show its secret, which they have from the lease
// table; without one nobody is answered.
func SelfHandler(secret string, selves func() []Self) http.Handler {
	want := sha256.Sum256([]byte("Bearer " + secret)) // digests of all lengths are compared in the same time
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown := sha256.Sum256([]byte(r.Header.Get("Authorization")))
		if subtle.ConstantTimeCompare(shown[:], want[:]) != 1 || secret == "" {
			w.Header().Set("WWW-Authenticate", "Bearer")
			w.Header().Set("Content-Type", "application/problem+json") // as all answers of the question port
			w.WriteHeader(http.StatusUnauthorized)
			_ = json.NewEncoder(w).Encode(map[string]any{ // whoever asked has gone
				"title": "this is for workers and operators", "status": http.StatusUnauthorized, "detail": "they read the secret of this worker in the lease table",
			})
			return
		}
		writeJSON(w, http.StatusOK, selves())
	})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // whoever asked has gone
}
