package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/sirupsen/logrus"

	"github.com/streamrec/streamrec/infra/dashboard"
	"github.com/streamrec/streamrec/infra/local"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/lease"
)

// TestDashboardInChromium serves a fleet at work, and lets scripts/browser/dashboard.mjs look at it with a browser, which asks for what is
// to happen to the fleet. STREAMREC_BROWSER is smoke or full; without it there may be no browser.
func TestDashboardInChromium(t *testing.T) {
	mode := os.Getenv("STREAMREC_BROWSER")
	if mode == "" {
		t.Skip("STREAMREC_BROWSER is not set: smoke or full")
	}
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	tools := os.Getenv("STREAMREC_TOOLS")
	if tools == "" {
		tools = filepath.Join(root, ".tools")
	}
	pictures := filepath.Join(root, "artefacts")
	if err := os.MkdirAll(pictures, 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	stage := newStage(t)
	gallery := httptest.NewServer(galleryHandler(ctx))
	defer gallery.Close()
	cmd := exec.CommandContext(ctx, "node", filepath.Join(root, "scripts", "browser", "dashboard.mjs"), stage.server.URL+"/", gallery.URL+"/", pictures, mode)
	cmd.Env = append(os.Environ(), "STREAMREC_TOOLS="+tools)
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
}

// stage is a demo without scenario: what happens to its fleet is asked for.
type stage struct {
	*demo
	t      *testing.T
	server *httptest.Server
}

func newStage(t *testing.T) *stage {
	t.Helper()
	services, err := local.New(local.Options{EnforceLimits: true, Buckets: []string{demoBucket}})
	if err != nil {
		t.Fatal(err)
	}
	log := logrus.New()
	log.SetOutput(io.Discard)
	d := &demo{demoOptions: demoOptions{workers: 3, shards: 4, rate: 120, shoppers: 300, seed: 1, duration: time.Hour}, services: services, began: time.Now()}
	c := newClients(services.Config("demo"))
	if _, err := c.kinesis.CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: new(demoStream), ShardCount: new(int32(d.shards))}); err != nil {
		t.Fatal(err)
	}
	d.fleet = newFleet(services, deployment{app: demoApp, stream: demoStream, bucket: demoBucket, layout: chain.Layout{Prefix: "events", Generation: 1}}, log)
	d.fleet.questions = "127.0.0.1:0"
	d.view = newView(d, io.Discard, true)
	d.traffic = newTraffic(d.seed, d.shoppers, d.rate)
	for range d.workers {
		if err := d.fleet.start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	opened, closeShop := context.WithCancel(context.Background())
	sold := make(chan error, 1)
	go func() { sold <- d.traffic.run(opened, context.Background(), c.kinesis) }()
	page, err := d.page(opened, log)
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{demo: d, t: t}
	mux := http.NewServeMux()
	mux.Handle("/", page)
	mux.HandleFunc("POST /test/{what}", s.act)
	s.server = httptest.NewServer(mux)
	t.Cleanup(func() {
		closeShop()
		s.server.CloseClientConnections()
		s.server.Close()
		if err := <-sold; err != nil {
			t.Errorf("shop: %v", err)
		}
		if err := d.fleet.stopAll(); err != nil {
			t.Errorf("fleet: %v", err)
		}
		if err := services.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// act does to the fleet what the browser test asks for, and answers with a name.
func (s *stage) act(w http.ResponseWriter, r *http.Request) {
	ctx, c := context.WithoutCancel(r.Context()), newClients(s.services.Config("demo"))
	var err error
	switch r.PathValue("what") {
	case "split":
		err = s.split(ctx, c)
	case "merge":
		err = s.merge(ctx, c)
	case "crash":
		var victim *member
		if victim, _ = s.fleet.crash(); victim != nil {
			err = s.fleet.start(ctx)
			_, _ = fmt.Fprint(w, victim.ID())
		}
	case "deploy":
		var name string
		name, _, err = s.fleet.replace(ctx)
		_, _ = fmt.Fprint(w, name)
	case "hostile":
		_, _ = fmt.Fprint(w, hostileName)
		err = s.hostile(ctx)
	case "cut":
		s.server.CloseClientConnections()
	default:
		err = fmt.Errorf("%s is not known", r.PathValue("what"))
	}
	if err != nil {
		s.t.Errorf("%s: %v", r.PathValue("what"), err)
		w.WriteHeader(http.StatusInternalServerError)
	}
}

// hostileName would set a variable if it were taken for HTML.
const hostileName = `<img src=x onerror="globalThis.hostile=1">`

// hostile adds rows with hostile names, as a broken or bad program could.
func (s *stage) hostile(ctx context.Context) error {
	row := lease.Lease{Key: hostileName, Stopped: hostileName, StartingHashKey: "0", EndingHashKey: "1", Checkpoint: lease.Position{Type: lease.TrimHorizon}}
	if err := s.fleet.store.Create(ctx, row); err != nil {
		return err
	}
	return s.fleet.store.Register(ctx, lease.Worker{ID: hostileName, Counter: 1, At: time.Now().UnixMilli()})
}

// galleryHandler serves dashboards of fleets that are made up: one in which everything is wrong, a large one, and one without workers.
func galleryHandler(ctx context.Context) http.Handler {
	log := logrus.New()
	log.SetOutput(io.Discard)
	rooms := map[string]http.Handler{}
	for name, fleet := range map[string]galleryFleet{"wrong": wrongFleet, "many": manyFleet, "left": leftFleet, "dead": deadFleet} {
		rooms[name] = dashboard.New(ctx, fleet, dashboard.Options{Log: log})
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The page asks at the root: which gallery it is in is told by where it comes from.
		name := strings.Trim(r.URL.Path, "/")
		if rooms[name] != nil {
			http.SetCookie(w, &http.Cookie{Name: "gallery", Value: name, Path: "/"})
			r.URL.Path = "/"
		} else if c, err := r.Cookie("gallery"); err == nil {
			name = c.Value
		}
		if d := rooms[name]; d != nil {
			d.ServeHTTP(w, r)
			return
		}
		rooms["wrong"].ServeHTTP(w, r)
	})
}

// galleryFleet makes a fleet for a time.
type galleryFleet func(now time.Time) *dashboard.Fleet

func (g galleryFleet) Look(context.Context) (*dashboard.Fleet, error) { return g(time.Now()), nil }

// wrongFleet has one of everything that can be wrong.
func wrongFleet(now time.Time) *dashboard.Fleet {
	ms := now.UnixMilli()
	f := &dashboard.Fleet{At: ms, Head: dashboard.Head{
		App: "shop", Stream: "clicks", RetentionMs: 86_400_000, SilenceMs: 10_000,
		Replay:   &dashboard.Replay{Number: 3, State: "fenced", From: ms - ms%3_600_000 - 7_200_000, At: ms - 95_000, Operator: "ann@checkout", Reason: "prices were wrong"},
		Coverage: &dashboard.Coverage{Open: 7, Hole: &dashboard.Hole{From: "297747071055821155530452781502797185024", To: "340282366920938463463374607431768211455", At: 0.875, Wide: 0.125}},
	}}
	f.Workers = []dashboard.Worker{
		{ID: "checkout-7f9c-1a2b3c4d", State: "working", Heartbeat: 4711, BeatAt: ms - 700, Leases: 2, Rate: 412, Address: "10.0.3.17:8080", Reach: "here", Counters: &dashboard.Counters{Rows: 48_213_004, DeadLetters: 3_112_840, Objects: 18_441, Bytes: 91 << 30, Predictions: 9_000_000, Hits: 4_400_000, Facts: 61_000_000, Items: 214_000, StaleMs: 420_000}},
		{ID: "checkout-7f9c-55aa77ee", State: "leaving", Heartbeat: 99, BeatAt: ms - 1400, Leases: 1, Rate: 97, Address: "10.0.3.18:8080", Reach: "unreachable"},
		{ID: "checkout-81aa-0badcafe", State: "silent", Heartbeat: 17, BeatAt: ms - 31_000, Leases: 1, Address: "10.0.3.19:8080", Reach: "unreachable"},
	}
	eighth := func(n int, state string, change func(*dashboard.Shard)) {
		s := dashboard.Shard{ID: fmt.Sprintf("shardId-%012d", n), State: state, Counter: int64(n + 1), Checkpoint: "AFTER_SEQUENCE_NUMBER 1", CheckpointAt: ms - 20_000, CommittedAt: ms - 20_000, From: "0", To: "1", At: float64(n) / 8, Wide: 0.125, LagMs: -1}
		if change != nil {
			change(&s)
		}
		f.Shards = append(f.Shards, s)
	}
	owned := func(w int, lag int64, rate float64) func(*dashboard.Shard) {
		return func(s *dashboard.Shard) { s.Owner, s.LagMs, s.Rate = f.Workers[w].ID, lag, rate }
	}
	eighth(0, "owned", owned(0, 0, 212))
	eighth(1, "owned", owned(0, 61_200_000, 200))
	eighth(2, "owned", owned(1, 95_000, 97))
	eighth(3, "owned", func(s *dashboard.Shard) { s.Owner = f.Workers[2].ID })
	eighth(4, "stopped", func(s *dashboard.Shard) {
		s.Stopped = "position 49680587121062381475332405647577509101882811551 is past retention: records after it may be lost"
		s.Resume = "streamrec reset --app shop --stream clicks --bucket shop-log --prefix events --to-trim-horizon"
		s.CommittedAt, s.CheckpointAt = ms-86_000_000, ms-86_000_000
	})
	eighth(5, "unowned", nil)
	eighth(6, "abandoned", func(s *dashboard.Shard) { s.Owner = "checkout-6d00-ffffffff" })
	f.Shards[2].Children = []string{"shardId-000000000008", "shardId-000000000009"}
	for i := range 2 {
		f.Shards = append(f.Shards, dashboard.Shard{ID: fmt.Sprintf("shardId-%012d", 8+i), State: "waiting", Checkpoint: "TRIM_HORIZON", Parents: []string{f.Shards[2].ID}, WaitsFor: []string{f.Shards[2].ID}, At: 0.25 + float64(i)/16, Wide: 1. / 16, LagMs: -1})
	}
	return f
}

// leftFleet has shards, and no worker any more.
func leftFleet(now time.Time) *dashboard.Fleet {
	f := &dashboard.Fleet{At: now.UnixMilli(), Head: dashboard.Head{App: "shop", Stream: "clicks", RetentionMs: 86_400_000, SilenceMs: 10_000, Coverage: &dashboard.Coverage{Open: 4}}}
	for i := range 4 {
		f.Shards = append(f.Shards, dashboard.Shard{ID: fmt.Sprintf("shardId-%012d", i), State: "unowned", Counter: 2, Checkpoint: "TRIM_HORIZON", From: "0", To: "1", At: float64(i) / 4, Wide: 0.25, LagMs: -1})
	}
	return f
}

// deadFleet has one worker, which has given no sign lately and still holds a shard.
func deadFleet(now time.Time) *dashboard.Fleet {
	f := leftFleet(now)
	f.Workers = []dashboard.Worker{{ID: "checkout-81aa-0badcafe", State: "silent", Heartbeat: 17, BeatAt: f.At - 31_000, Leases: 1, Reach: "unreachable"}}
	f.Shards[0].State, f.Shards[0].Owner = "owned", f.Workers[0].ID
	return f
}

// manyFleet has a thousand shards, each with another rate every time.
func manyFleet(now time.Time) *dashboard.Fleet {
	ms := now.UnixMilli()
	f := &dashboard.Fleet{At: ms, Head: dashboard.Head{App: "shop", Stream: "clicks", RetentionMs: 86_400_000, SilenceMs: 10_000, Coverage: &dashboard.Coverage{Open: 1000}}}
	for i := range 20 {
		f.Workers = append(f.Workers, dashboard.Worker{ID: fmt.Sprintf("worker-%02d", i), State: "working", Heartbeat: ms / 2000, BeatAt: ms - ms%2000, Leases: 50, Reach: "peer", Counters: &dashboard.Counters{Rows: ms / 10 % 1e9, Objects: 7}})
	}
	for i := range 1000 {
		f.Shards = append(f.Shards, dashboard.Shard{
			ID: fmt.Sprintf("shardId-%012d", i), State: "owned", Owner: f.Workers[i*7%20].ID, Counter: 1, Checkpoint: fmt.Sprint("AFTER_SEQUENCE_NUMBER ", (ms/1000+int64(i))/60),
			CheckpointAt: ms - ms%60_000, CommittedAt: ms - ms%60_000, From: "0", To: "1", At: float64(i) / 1000, Wide: 0.001, Rate: float64((ms/1000*37 + int64(i)*91) % 200),
		})
	}
	return f
}
