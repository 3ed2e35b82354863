package serve

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/streamrec/streamrec/model"
)

// Limits of a question.
const (
	maxQuery    = 8 << 10            // bytes of all parameters
	maxSession  = 1024               // bytes of a session id
	maxItem     = model.MaxIDBytes   // bytes of a product code
	maxItems    = model.SessionFacts // number of items
	maxCategory = 256                // bytes
	maxK        = 100
	defaultK    = 20
)

// request is a question as it came.
type request struct {
	session string
	items   []string // without a session
	similar bool     // the one item is to be known
	k       int
	why     bool

	seen, purchased, inStock bool
	category                 string
	priceMin, priceMax       float64 // NaN when there is no bound
}

// parse reads the parameters of a question. Of another one than these nothing is guessed.
func parse(query string) (r request, err *problem) {
	r = request{k: defaultK, priceMin: math.NaN(), priceMax: math.NaN()}
	if len(query) > maxQuery {
		return r, wrong("", "the parameters have %d bytes, at most %d are read", len(query), maxQuery)
	}
	values, bad := url.ParseQuery(query)
	if bad != nil {
		return r, wrong("", "the parameters are not URL-encoded")
	}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names) // the first one that is wrong is always the same
	for _, name := range names {
		if len(values[name]) > 1 && name != "item" {
			return r, wrong(clip(name), "is given %d times", len(values[name]))
		}
		if err := r.set(name, values[name]); err != nil {
			return r, err
		}
	}
	if r.priceMin > r.priceMax {
		return r, wrong("price_min", "is above price_max")
	}
	return r, nil
}

// set takes one parameter.
func (r *request) set(name string, values []string) *problem {
	value := values[0]
	switch name {
	case "session_id":
		r.session = value
		return checkID(name, value, maxSession)
	case "items":
		return r.add(name, strings.SplitN(value, ",", maxItems+2))
	case "item":
		return r.add(name, values)
	case "k":
		return r.setK(value)
	case "exclude":
		return r.setExclude(value)
	case "category":
		r.category = value
		return checkID(name, value, maxCategory)
	case "in_stock":
		return setBool(name, value, &r.inStock)
	case "why":
		return setBool(name, value, &r.why)
	case "price_min":
		return setPrice(name, value, &r.priceMin)
	case "price_max":
		return setPrice(name, value, &r.priceMax)
	}
	return wrong(clip(name), "is not a parameter: there are session_id, items, item, k, exclude, category, in_stock, price_min, price_max, why")
}

func (r *request) add(name string, codes []string) *problem {
	if r.items = append(r.items, codes...); len(r.items) > maxItems {
		return wrong(name, "names more than %d items", maxItems)
	}
	for _, code := range codes {
		if err := checkID(name, code, maxItem); err != nil {
			return err
		}
	}
	return nil
}

func (r *request) setK(value string) *problem {
	k, err := strconv.Atoi(value)
	if err != nil || k < 1 || k > maxK {
		return wrong("k", "must be a number from 1 to %d", maxK)
	}
	r.k = k
	return nil
}

func (r *request) setExclude(value string) *problem {
	for what := range strings.SplitSeq(value, ",") {
		switch what {
		case "seen":
			r.seen = true
		case "purchased":
			r.purchased = true
		default:
			return wrong("exclude", "must be seen, purchased, or both with a comma between")
		}
	}
	return nil
}

func setBool(name, value string, to *bool) *problem {
	if value != "true" && value != "false" {
		return wrong(name, "must be true or false")
	}
	*to = value == "true"
	return nil
}

func setPrice(name, value string, to *float64) *problem {
	v, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) || v < 0 || len(value) > 32 {
		return wrong(name, "must be a number from 0")
	}
	*to = v
	return nil
}

// checkID wants something to name: not nothing, not too long, and text.
func checkID(name, value string, most int) *problem {
	switch {
	case value == "":
		return wrong(name, "must not be empty")
	case len(value) > most:
		return wrong(name, "has %d bytes, at most %d can be asked for", len(value), most)
	case !utf8.ValidString(value):
		return wrong(name, "is not UTF-8")
	}
	return nil
}

// clip shortens what a stranger has called a parameter.
func clip(name string) string {
	if len(name) > 40 || !utf8.ValidString(name) {
		return strings.ToValidUTF8(name[:min(len(name), 40)], "�") + "…"
	}
	return name
}
