package dashboard

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzVisit sends clicks that anybody may have made up. Nothing but a step of one of the page's own sessions gets into the stream, and only over the page.
func FuzzVisit(f *testing.F) {
	good := `{"session":"dashboard-0123456789abcdef","product":"P1","event":"cart"}`
	f.Add([]byte(good), "localhost", "application/json", "1", "", "")
	f.Add([]byte(good), "127.0.0.1:8080", "application/json;x", "1", "http://evil.example", "same-origin")
	f.Add([]byte(good+good), "evil.example", "text/plain", "", "null", "cross-site")
	f.Add([]byte(`{"session":"dashboard-0123456789abcdef\n","product":"`+strings.Repeat("P", 300)+`","event":"view"}`), "[::1]", "application/json", "1", "", "none")
	own := regexp.MustCompile(`\Adashboard-[0-9a-f]{16}\z`)
	now := time.UnixMilli(0)
	f.Fuzz(func(t *testing.T, body []byte, host, kind, header, origin, site string) {
		shop := &fakeShop{}
		c := newCounter(Options{Log: quiet(), Shop: shop, Now: func() time.Time { return now }})
		mux := http.NewServeMux()
		c.mount(mux)
		r := httptest.NewRequest(http.MethodPost, "/dashboard/shop/visits", bytes.NewReader(body))
		r.Host = host
		for name, value := range map[string]string{"Content-Type": kind, writeHeader: header, "Origin": origin, "Sec-Fetch-Site": site} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if !json.Valid(w.Body.Bytes()) {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if (len(shop.visits) > 0) != (w.Code == http.StatusOK) {
			t.Fatalf("%d visits, %d %s", len(shop.visits), w.Code, w.Body)
		}
		for _, v := range shop.visits {
			if !own.MatchString(v.Session) || v.Product == "" || len(v.Product) > 256 || !utf8.ValidString(v.Product) || v.Event != "view" && v.Event != "cart" && v.Event != "purchase" {
				t.Fatalf("%q puts %+v", body, v)
			}
			if header == "" || !strings.HasPrefix(kind, "application/json") || site == "cross-site" || site == "" && origin == "http://evil.example" || strings.Contains(host, "example") {
				t.Fatalf("a foreign page (host %q, type %q, origin %q, site %q) puts %+v", host, kind, origin, site, v)
			}
		}
	})
}

// FuzzPeers hears what another worker answers. It is heard whole or not at all, and what was heard can be said again.
func FuzzPeers(f *testing.F) {
	whole, err := json.Marshal([]Self{{Worker: "w", Counters: Counters{Rows: 7}, Shards: []SelfShard{{Shard: "s", Rate: 1.5}}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte(`[{"shards":null,"upstream":{}},null]`))
	f.Add([]byte(`{"worker":"w"}`))
	f.Add([]byte(`[{"counters":{"rows":1e30}}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		p := NewPeers(time.Now)
		p.client = &http.Client{Transport: saying(body)}
		answers, err := p.get(t.Context(), Peer{Address: "127.0.0.1:1"})
		if err != nil {
			if answers != nil {
				t.Fatalf("%q: %+v, %v", body, answers, err)
			}
			return
		}
		again, err := json.Marshal(answers)
		if err != nil {
			t.Fatalf("%q: %v", body, err)
		}
		p.client = &http.Client{Transport: saying(again)}
		if twice, err := p.get(t.Context(), Peer{Address: "127.0.0.1:1"}); err != nil || len(twice) != len(answers) {
			t.Fatalf("%q: heard %+v, then %+v, %v", body, answers, twice, err)
		}
	})
}

// saying answers every request with these bytes.
type saying []byte

func (s saying) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Status: "200 OK", Body: io.NopCloser(bytes.NewReader(s)), Header: http.Header{}, Request: r}, nil
}
