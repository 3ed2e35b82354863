package dashboard

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/streamrec/streamrec/infra/admin"
)

// fakeShop remembers the visits.
type fakeShop struct {
	visits []Visit
	err    error
}

func (f *fakeShop) Products(context.Context) ([]Product, error) {
	return []Product{{Code: "<img src=x onerror=alert(1)>", Name: "x"}}, f.err
}

func (f *fakeShop) Visit(_ context.Context, v Visit) error {
	f.visits = append(f.visits, v)
	return f.err
}
func (f *fakeShop) Recommend(context.Context, string) (*Served, error) { return nil, f.err }

const someVisit = `{"session":"dashboard-0123456789abcdef","product":"P1","event":"view"}`

// post makes a write as the page does, changed by what a case does to it.
func post(d http.Handler, body string, change func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:4580/dashboard/shop/visits", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Streamrec-Dashboard", "1")
	r.Header.Set("Origin", "http://127.0.0.1:4580")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w
}

func TestWhoMayWrite(t *testing.T) {
	cases := []struct {
		name   string
		change func(*http.Request)
		want   int
	}{
		{"the page", nil, 200},
		{"a tool, which sends no origin", func(r *http.Request) { r.Header.Del("Origin"); r.Header.Del("Sec-Fetch-Site") }, 200},
		{"without the header", func(r *http.Request) { r.Header.Del("X-Streamrec-Dashboard") }, 403},
		{"a form", func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, 403},
		{"another site", func(r *http.Request) {
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			r.Header.Set("Origin", "http://evil.test")
		}, 403},
		{"another port of the same site", func(r *http.Request) {
			r.Header.Set("Sec-Fetch-Site", "same-site")
			r.Header.Set("Origin", "http://127.0.0.1:99")
		}, 403},
		{"an old browser on another site", func(r *http.Request) { r.Header.Del("Sec-Fetch-Site"); r.Header.Set("Origin", "http://evil.test") }, 403},
		{"a name that points here", func(r *http.Request) { r.Host = "evil.test:4580"; r.Header.Set("Origin", "http://evil.test:4580") }, 403},
		{"localhost", func(r *http.Request) { r.Host = "localhost:4580"; r.Header.Set("Origin", "http://localhost:4580") }, 200},
		{"IPv6", func(r *http.Request) { r.Host = "[::1]:4580"; r.Header.Set("Origin", "http://[::1]:4580") }, 200},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			shop := &fakeShop{}
			d := New(t.Context(), &fakeSource{}, Options{Log: quiet(), Shop: shop})
			w := post(d, someVisit, c.change)
			if w.Code != c.want || len(shop.visits) == 1 != (c.want == 200) {
				t.Errorf("%d %s, %d visits", w.Code, w.Body, len(shop.visits))
			}
		})
	}
}

func TestAnyHostIsForServersThatKnowWhoComes(t *testing.T) {
	name := func(r *http.Request) { r.Host = "fleet.example"; r.Header.Set("Origin", "http://fleet.example") }
	for _, any := range []bool{false, true} {
		d := New(t.Context(), &fakeSource{}, Options{Log: quiet(), Shop: &fakeShop{}, AnyHost: any})
		if w := post(d, someVisit, name); (w.Code == http.StatusOK) != any {
			t.Errorf("any host %v: %d", any, w.Code)
		}
	}
}

func TestWithoutTheFlagThereIsNothingToWriteTo(t *testing.T) {
	d := New(t.Context(), &fakeSource{}, Options{Log: quiet()})
	if w := post(d, someVisit, nil); w.Code != http.StatusNotFound && w.Code != http.StatusMethodNotAllowed {
		t.Errorf("a visit gets %d", w.Code)
	}
	for _, path := range []string{"products", "recommendations?session=dashboard-0123456789abcdef"} {
		w := httptest.NewRecorder()
		d.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://127.0.0.1/dashboard/shop/"+path, nil))
		if w.Code != http.StatusNotFound {
			t.Errorf("%s gets %d", path, w.Code)
		}
	}
}

func TestOnlyThePagesOwnSessionsAreWritten(t *testing.T) {
	shop := &fakeShop{}
	d := New(t.Context(), &fakeSource{}, Options{Log: quiet(), Shop: shop})
	for _, body := range []string{
		`{"session":"s-1","product":"P1","event":"view"}`, `{"session":"dashboard-0123456789abcdeF","product":"P1","event":"view"}`,
		`{"session":"dashboard-0123456789abcdef","product":"","event":"view"}`, `{"session":"dashboard-0123456789abcdef","product":"P1","event":"refund"}`,
		`{"session":"dashboard-0123456789abcdef","product":"P1","event":"view","customer_number":7}`, `[]`, ``,
		`{"session":"dashboard-0123456789abcdef","event":"view","product":"` + strings.Repeat("x", 5000) + `"}`,
	} {
		if w := post(d, body, nil); w.Code != http.StatusBadRequest {
			t.Errorf("%.60s gets %d %s", body, w.Code, w.Body)
		}
	}
	if len(shop.visits) != 0 {
		t.Errorf("visits %v", shop.visits)
	}
}

func TestWritesAreLoggedAndBounded(t *testing.T) {
	var out bytes.Buffer
	log := logrus.New()
	log.SetOutput(&out)
	log.SetFormatter(&logrus.JSONFormatter{})
	now := time.UnixMilli(0)
	shop := &fakeShop{}
	const token = "0123456789abcdef0123456789abcdef"
	server, err := admin.New(admin.Config{Address: "127.0.0.1:0", Token: token}, admin.Health{}, log)
	if err != nil {
		t.Fatal(err)
	}
	server.Handle("/", New(t.Context(), &fakeSource{}, Options{Log: log, Shop: shop, Now: func() time.Time { return now }}))
	d := server.Handler()
	with := func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
	accepted := 0
	for range 100 {
		if post(d, someVisit, with).Code == http.StatusOK {
			accepted++
		}
	}
	if accepted != 30 || len(shop.visits) != 30 {
		t.Errorf("%d of 100 clicks within a moment were accepted", accepted)
	}
	now = now.Add(time.Second)
	if w := post(d, someVisit, with); w.Code != http.StatusOK {
		t.Errorf("a second later: %d", w.Code)
	}
	shop.err = errors.New("full")
	if w := post(d, someVisit, with); w.Code != http.StatusBadGateway {
		t.Errorf("a put that fails: %d", w.Code)
	}
	records := map[int]int{}
	for line := range strings.Lines(out.String()) {
		var record struct {
			Audit                                bool
			Status                               int
			Who, Remote, Session, Product, Event string
		}
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatal(err)
		}
		if !record.Audit {
			continue
		}
		records[record.Status]++
		if record.Status != http.StatusTooManyRequests {
			if record.Who != "token" || record.Remote != "192.0.2.1" || record.Session == "" || record.Product != "P1" || record.Event != "view" {
				t.Errorf("audit record %s", line)
			}
		}
	}
	if len(records) != 3 || records[200] != 31 || records[502] != 1 || records[429] != 70 {
		t.Errorf("audit records %v", records)
	}
}

func TestHeadersKeepForeignContentOut(t *testing.T) {
	d := New(t.Context(), &fakeSource{}, Options{Log: quiet()})
	for path, contentType := range map[string]string{
		"/": "text/html", "/dashboard/main.js": "text/javascript", "/dashboard/style.css": "text/css", "/dashboard/icon.svg": "image/svg+xml",
		"/dashboard/fleet": "application/json",
	} {
		w := httptest.NewRecorder()
		d.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://127.0.0.1"+path, nil))
		policy := w.Header().Get("Content-Security-Policy")
		if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), contentType) {
			t.Errorf("%s gets %d %s", path, w.Code, w.Header().Get("Content-Type"))
		}
		if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s has the headers %v", path, w.Header())
		}
	}
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/dashboard/fleet", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	if d.ServeHTTP(w, r); w.Code != http.StatusForbidden {
		t.Errorf("another site's page reads the fleet: %d", w.Code)
	}
}

// TestPageNeedsNothingElse holds that no file of the page makes HTML of texts, runs code of texts, or comes from elsewhere.
func TestPageNeedsNothingElse(t *testing.T) {
	forbidden := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function|\son[a-z]+="|\sstyle="|<script>|<style|https?://|@import|url\((?:["']?)(?:http|//)`)
	namespace := strings.NewReplacer("http://www.w3.org/2000/svg", "")
	files := 0
	err := fs.WalkDir(assets, "assets", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(assets, path)
		if found := forbidden.FindString(namespace.Replace(string(body))); found != "" {
			t.Errorf("%s has %s", path, found)
		}
		files++
		return err
	})
	if err != nil || files < 10 {
		t.Errorf("%d files, %v", files, err)
	}
}
