package serve

import (
	"math"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/streamrec/streamrec/model/catalogue"
)

func TestParse(t *testing.T) {
	r, err := parse("session_id=s%201&k=5&exclude=purchased,seen&category=shoes&why=true&in_stock=true&price_min=1.5&price_max=20")
	if err != nil || r.session != "s 1" || r.k != 5 || !r.seen || !r.purchased || r.category != "shoes" || !r.why || !r.inStock || r.priceMin != 1.5 || r.priceMax != 20 {
		t.Errorf("%+v, %v", r, err)
	}
	r, err = parse("items=a,b&item=c,d&item=e")
	if err != nil || strings.Join(r.items, " ") != "c,d e a b" || r.k != defaultK || r.why {
		t.Errorf("%+v, %v", r, err)
	}
	for query, parameter := range map[string]string{
		"k=101": "k", "k=x": "k", "k=1&k=2": "k", "k=": "k", "exclude=all": "exclude", "exclude=": "exclude", "why=1": "why", "session_id=": "session_id",
		"session_id=%ff": "session_id", "session_id=" + strings.Repeat("s", maxSession+1): "session_id", "items=a,,b": "items", "items=": "items",
		"items=" + strings.Repeat("a,", maxItems) + "a": "items", "item=" + strings.Repeat("a", maxItem+1): "item", "price_min=-1": "price_min",
		"price_max=NaN": "price_max", "price_max=Inf": "price_max", "price_min=2&price_max=1": "price_min", "kk=1": "kk", "%zz": "", "a;b": "",
		"category=": "category", "x=" + strings.Repeat("y", maxQuery): "",
	} {
		if _, err := parse(query); err == nil || err.Status != 400 || err.Parameter != parameter {
			t.Errorf("%.60s: %+v, want a problem of %q", query, err, parameter)
		}
	}
}

// shelf is a catalogue.
type shelf map[string]catalogue.Product

// Product implements Products.
func (s shelf) Product(item string) (catalogue.Product, bool) {
	p, ok := s[item]
	return p, ok
}

func TestFiltersOfTheCatalogue(t *testing.T) {
	products := shelf{
		"cheap": {Item: "cheap", Price: "5", Category: "shoes", InStock: true}, "dear": {Item: "dear", Price: "50.00", Category: "shoes"},
		"priceless": {Item: "priceless", Category: "hats", InStock: true},
	}
	for query, want := range map[string]string{
		"k=1": "cheap dear priceless unknown", "in_stock=true": "cheap priceless", "category=shoes": "cheap dear", "price_min=5": "cheap dear",
		"price_max=49.99": "cheap", "price_min=5.01&category=shoes": "dear", "price_max=5&in_stock=true": "cheap", "in_stock=false": "cheap dear priceless unknown",
	} {
		r, bad := parse(query)
		if bad != nil {
			t.Fatal(bad)
		}
		q, bad := r.question(products)
		if bad != nil {
			t.Fatal(bad)
		}
		var kept []string
		for _, item := range []string{"cheap", "dear", "priceless", "unknown"} {
			if q.Keep == nil || q.Keep(item) {
				kept = append(kept, item)
			}
		}
		if got := strings.Join(kept, " "); got != want {
			t.Errorf("%s keeps %q, want %q", query, got, want)
		}
	}
	r, _ := parse("category=shoes")
	if q, bad := r.question(nil); bad != nil || q.Category != "shoes" || q.Keep != nil {
		t.Errorf("without a catalogue: %+v, %v", q, bad)
	}
}

// FuzzParse holds that whatever comes is a problem or a question within its limits, and that a question says the same when it is written again.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"session_id=s&k=20", "items=a,b&why=true", "item=a%2Cb&item=c&exclude=seen,purchased", "price_min=1e3&price_max=0x10p2", "k=-0", "%", "a=b;c=d",
		"session_id=%F0%9F%98%80&category=%00", "k=9999999999999999999999", "items=" + strings.Repeat(",", 300), "session_id=a&session_id=b",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, query string) {
		r, bad := parse(query)
		if bad != nil {
			if bad.Status != 400 || bad.Title == "" || !utf8.ValidString(bad.Parameter+bad.Detail) {
				t.Fatalf("problem %+v", bad)
			}
			return
		}
		if r.k < 1 || r.k > maxK || len(r.items) > maxItems || len(r.session) > maxSession || len(r.category) > maxCategory ||
			math.IsInf(r.priceMin, 0) || math.IsInf(r.priceMax, 0) || r.priceMin < 0 || r.priceMin > r.priceMax {
			t.Fatalf("question %+v", r)
		}
		for _, text := range append([]string{r.session, r.category}, r.items...) {
			if !utf8.ValidString(text) {
				t.Fatalf("%q is not text", text)
			}
		}
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if again, bad := parse(values.Encode()); bad != nil || again.session != r.session || again.k != r.k || strings.Join(again.items, "\x00") != strings.Join(r.items, "\x00") {
			t.Fatalf("%+v, written again %+v, %v", r, again, bad)
		}
	})
}
