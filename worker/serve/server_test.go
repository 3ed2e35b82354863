package serve

import (
	"encoding/json"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/worker/lease"
)

func recommendations(h *house, session string) string {
	return h.url + "/v1/recommendations?session_id=" + session
}

func TestAnyWorkerAnswersAsTheOwner(t *testing.T) {
	c := newTown(t)
	a, b := c.settle("a", Config{}), c.settle("b", Config{})
	shard := a.hold(rowOf("shard-1", "a", 7, "0", last))
	shard.act("other", "P1")
	shard.act("other", "P2")
	shard.act("s", "P1")
	for _, h := range []*house{a, b} {
		got, status, body := get(t, recommendations(h, "s"))
		if status != 200 || got.Worker != "a" || got.LeaseCounter != 7 || got.Shard != "shard-1" || got.Source != SourceLive || got.Stale {
			t.Fatalf("asked of %s: %d %s", h.id, status, body)
		}
		if !slices.Equal(got.codes(), []string{"P2"}) || !slices.Equal(got.History, []string{"P1"}) {
			t.Errorf("asked of %s: %s", h.id, body)
		}
	}
	if b.forwarded() != 0 || a.forwarded() != 1 {
		t.Errorf("%d questions were forwarded to the owner, %d from it", a.forwarded(), b.forwarded())
	}
}

// TestThereAreNoLoops has two workers that are each sure that the other one is the owner.
func TestThereAreNoLoops(t *testing.T) {
	c := newTown(t)
	a, b := c.settle("a", Config{}), c.settle("b", Config{})
	c.know(rowOf("1", "b", 1, "0", middle), rowOf("2", "a", 1, after, last))
	c.say(rowOf("1", "a", 2, "0", middle)) // the table moves ownership with every look
	c.say(rowOf("2", "b", 2, after, last))
	questions := 0
	for _, h := range []*house{a, b} {
		for _, session := range []string{sessionIn(t, "0", middle, 0), sessionIn(t, after, last, 0)} {
			questions++
			got, status, body := get(t, recommendations(h, session))
			if status != 200 || !got.Stale || got.Source != SourceMerged || got.Worker != h.id {
				t.Errorf("asked of %s: %d %s", h.id, status, body)
			}
		}
	}
	if n := a.forwarded() + b.forwarded(); n == 0 || n > 2*questions {
		t.Errorf("%d forwards of %d questions, want one or two each at most", n, questions)
	}
}

func TestWhoIsNotMeantDoesNotAnswer(t *testing.T) {
	c := newTown(t)
	a := c.settle("a", Config{})
	a.hold(rowOf("1", "a", 1, "0", last))
	for meant, want := range map[string]int{"a": 200, "a.2": 421, "b": 421} {
		_, status, body := get(t, recommendations(a, "s"), func(r *http.Request) { r.Header.Set(hopHeader, meant) })
		if status != want {
			t.Errorf("meant for %s: %d %s", meant, status, body)
		}
	}
}

func TestOwnerThatIsGone(t *testing.T) {
	c := newTown(t)
	a, b := c.settle("a", Config{}), c.settle("b", Config{})
	a.hold(rowOf("1", "a", 1, "0", last))
	c.merged.Add(model.Fact{Session: "s", Visit: 1, Item: "P1", Touch: model.TouchAt(noon.UnixMilli())})
	c.merged.Add(model.Fact{Session: "x", Visit: 1, Item: "P1", Touch: model.TouchAt(noon.UnixMilli() + 1)})
	c.merged.Add(model.Fact{Session: "x", Visit: 1, Item: "P2", Touch: model.TouchAt(noon.UnixMilli() + 2)})
	c.merged.Publish()
	c.ages["1"] = time.Now().Add(-time.Minute).UnixMilli()
	a.crash()
	got, status, body := get(t, recommendations(b, "s"))
	if status != 200 || !got.Stale || got.Source != SourceMerged || got.Worker != "b" || !slices.Equal(got.codes(), []string{"P2"}) {
		t.Fatalf("%d %s", status, body)
	}
	if got.StalenessMs < 59_000 || got.StalenessMs > 120_000 {
		t.Errorf("stale for %d ms, the newest record is a minute old", got.StalenessMs)
	}
	b.open(rowOf("1", "b", 2, "0", last)).act("s", "P3")
	if got, _, body := get(t, recommendations(b, "s")); got.Stale || got.LeaseCounter != 2 || !slices.Equal(got.History, []string{"P3"}) {
		t.Errorf("after the takeover: %s", body)
	}
}

// TestOwnerThatHangs accepts connections and says nothing: waiting for it is not repeated by every question.
func TestOwnerThatHangs(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	c := newTown(t, rowOf("1", "dumb", 1, "0", last))
	b := c.settle("b", Config{})
	c.workers = append(c.workers, lease.Worker{ID: "dumb", Address: listener.Addr().String()})
	slow := 0
	for range 20 {
		began := time.Now()
		if got, status, body := get(t, recommendations(b, "s")); status != 200 || !got.Stale {
			t.Fatalf("%d %s", status, body)
		}
		if time.Since(began) > forwardTimeout {
			slow++
		}
	}
	if slow > 5 {
		t.Errorf("%d of 20 questions waited for the owner", slow)
	}
}

func TestOwnerThatHasHandedOver(t *testing.T) {
	c := newTown(t)
	a, b, d := c.settle("a", Config{}), c.settle("b", Config{}), c.settle("d", Config{})
	old := a.hold(rowOf("1", "a", 1, "0", last))
	old.end(lease.ErrHandOff)
	d.open(rowOf("1", "d", 2, "0", last)).act("s", "P1")
	c.say(rowOf("1", "d", 2, "0", last)) // the others have not read it yet
	for _, h := range []*house{b, a} {
		if got, _, body := get(t, recommendations(h, "s")); got.Stale || got.Worker != "d" {
			t.Errorf("asked of %s, which knows the old owner: %s", h.id, body)
		}
	}
	reads := c.reads
	for range 5 {
		get(t, recommendations(b, "s"))
	}
	if c.reads != reads {
		t.Errorf("the row was read again %d times although it is known", c.reads-reads)
	}
}

func TestShardThatWasSplit(t *testing.T) {
	c := newTown(t)
	a, b := c.settle("a", Config{}), c.settle("b", Config{})
	low, high := sessionIn(t, "0", middle, 0), sessionIn(t, after, last, 0)
	parent := rowOf("1", "a", 1, "0", last)
	children := []lease.Lease{rowOf("2", "", 0, "0", middle, "1"), rowOf("3", "", 0, after, last, "1")}
	shard := a.open(parent)
	c.know(append([]lease.Lease{parent}, children...)...)
	shard.act(high, "P1")
	if got, _, body := get(t, recommendations(b, high)); got.Shard != "1" || got.Stale {
		t.Fatalf("before the end of the parent: %s", body)
	}
	shard.end(lease.ErrHandOff)
	parent.Checkpoint, parent.Children, parent.Counter, parent.Owner = lease.Position{Type: lease.ShardEnd}, []string{"2", "3"}, 2, ""
	children[0].Owner, children[1].Owner, children[0].Counter, children[1].Counter = "b", "a", 1, 1
	for _, row := range append(children, parent) {
		c.say(row)
	}
	b.open(children[0])
	a.open(children[1])
	for _, h := range []*house{a, b} {
		for session, want := range map[string]string{low: "2", high: "3"} {
			if got, _, body := get(t, recommendations(h, session)); got.Shard != want || got.Stale {
				t.Errorf("asked of %s, which has not read the end: %s, want shard %s", h.id, body, want)
			}
		}
	}
}

func TestOwnerWithoutTrustIsNone(t *testing.T) {
	c := newTown(t)
	a := c.settle("a", Config{})
	a.hold(rowOf("1", "a", 1, "0", last))
	a.distrust()
	if got, status, body := get(t, recommendations(a, "s")); status != 200 || !got.Stale {
		t.Errorf("%d %s", status, body)
	}
	if _, status, _ := get(t, a.url+"/v1/ready"); status != 503 {
		t.Errorf("ready: %d", status)
	}
}

func TestQuestionsAboutItems(t *testing.T) {
	c := newTown(t)
	a := c.settle("a", Config{})
	for i, item := range []string{"P1", "P2", "a,b"} {
		c.merged.Add(model.Fact{Session: "x", Visit: 1, Item: item, Touch: model.TouchAt(noon.UnixMilli() + int64(i))})
	}
	c.merged.Publish()
	for path, want := range map[string][]string{
		"/v1/recommendations?items=P1":                 {"P2", "a,b"},
		"/v1/recommendations?items=P2,P1&k=1":          {"P2"},
		"/v1/recommendations?items=P1&exclude=seen":    {"P2", "a,b"},
		"/v1/recommendations?item=a%2Cb":               {"P2", "P1"},
		"/v1/items/a%2Cb/similar":                      {"P2", "P1"},
		"/v1/items/unknown/similar":                    nil,
		"/v1/recommendations?items=P2,P1&exclude=seen": {"a,b"},
	} {
		got, status, body := get(t, a.url+path)
		if status != 200 || got.Stale || got.Source != SourceMerged || !slices.Equal(got.codes(), want) {
			t.Errorf("%s: %d %s, want %q", path, status, body, want)
		}
	}
}

func TestReasonsAreToldWithoutIDs(t *testing.T) {
	c := newTown(t)
	a := c.settle("a", Config{})
	shard := a.hold(rowOf("1", "a", 1, "0", last))
	for n := range 30 {
		session := "secret-" + strings.Repeat("x", n+1)
		shard.act(session, "P1")
		shard.act(session, "P2")
	}
	shard.act("s", "P1")
	got, _, body := get(t, recommendations(a, "s")+"&why=true")
	if strings.Contains(body, "secret") {
		t.Error("a session id is told")
	}
	if len(got.Recommendations) == 0 {
		t.Fatal(body)
	}
	r := got.Recommendations[0]
	sum := 0.0
	for _, reason := range r.Why {
		sum += reason.Score
	}
	if sum != r.Score || len(r.Why) != maxReasons || r.Why[maxReasons-1].Kind != "others" || r.Why[0].Session == "" || !slices.Equal(r.Why[0].Items, []string{"P1"}) {
		t.Errorf("score %v, the reasons sum up to %v: %+v", r.Score, sum, r.Why)
	}
	if plain, _, text := get(t, recommendations(a, "s")); strings.Contains(text, "why") || plain.Recommendations[0].Score != r.Score {
		t.Errorf("not asked why: %s", text)
	}
}

func TestTooManyQuestions(t *testing.T) {
	c := newTown(t)
	a := c.settle("a", Config{Questions: 1})
	a.questions.Add(1)
	if _, status, _ := get(t, recommendations(a, "s")); status != 503 {
		t.Errorf("%d, want 503", status)
	}
	a.questions.Add(-1)
	if _, status, _ := get(t, recommendations(a, "s")); status != 200 {
		t.Errorf("%d when there is room again", status)
	}
}

func TestRefusals(t *testing.T) {
	c := newTown(t)
	a := c.settle("a", Config{})
	for path, want := range map[string]int{
		"/":                                              404,
		"/v1/items//similar":                             404,
		"/v1//recommendations":                           404,
		"/v1/./recommendations":                          404,
		"/v1/recommendations/":                           404,
		"/v1/recommendations":                            400,
		"/v1/recommendations?session_id=":                400,
		"/v1/recommendations?session_id=s&k=0":           400,
		"/v1/recommendations?session_id=s&items=P1":      400,
		"/v1/items/P1/similar?session_id=s":              400,
		"/v1/items/%FF/similar":                          400,
		"/v1/sessions/%FF/recommendations/stream":        400,
		"/v1/recommendations?session_id=s&in_stock=true": 400, // there is no catalogue
	} {
		_, status, body := get(t, a.url+path)
		var p problem
		if err := json.Unmarshal([]byte(body), &p); status != want || err != nil || p.Status != want || p.Title == "" {
			t.Errorf("%s: %d %s, want %d", path, status, body, want)
		}
	}
	for _, change := range []func(*http.Request){
		func(r *http.Request) { r.Method = "POST" },
		func(r *http.Request) { r.Method = "DELETE" },
	} {
		if _, status, _ := get(t, recommendations(a, "s"), change); status != 405 {
			t.Errorf("%d, want 405", status)
		}
	}
	response, err := http.Post(recommendations(a, "s"), "text/plain", strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != 400 || !response.Close {
		t.Errorf("a body: %s, closed %t", response.Status, response.Close)
	}
}
