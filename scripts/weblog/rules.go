package weblog

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Rules say what is a shopper's activity. They do not change, and may be shared.
type Rules struct {
	sessions []sessionSource
	methods  []string
	status   [6]bool // by hundreds
	exact    map[int]bool
	bots     []string // in lower case
	routes   []route
	keep     []test
	drop     []test
	names    map[string][]string // of fields of JSON requests
}

// sessionSource is where a session may be: a cookie, a parameter, a field of a JSON line, the client, or the n-th field behind the combined format.
type sessionSource struct {
	kind string
	name string
}

// route is a rule for URLs.
type route struct {
	segments []string          // of the path; {name} takes one, ** at the end any
	query    map[string]string // parameter to field
	event    string
}

// test looks at a field of a JSON line, by a path with dots.
type test struct {
	path []string
	in   map[string]bool // nil: any value will do
}

// rulesFile is a rules file.
type rulesFile struct {
	About    string      `json:"about"`
	Session  []string    `json:"session"`
	Methods  []string    `json:"methods"`
	Status   []string    `json:"status"`
	Bots     []string    `json:"bots"`
	Activity []routeFile `json:"activity"`
	JSON     struct {
		Keep  []testFile          `json:"keep"`
		Drop  []testFile          `json:"drop"`
		Names map[string][]string `json:"names"`
	} `json:"json"`
}

type routeFile struct {
	Path  string            `json:"path"`
	Query map[string]string `json:"query"`
	Event string            `json:"event"`
}

type testFile struct {
	Field string   `json:"field"`
	In    []string `json:"in"`
}

//go:embed shop.json
var shopRules []byte

// Default returns the rules of shop.json.
func Default() *Rules {
	r, err := Parse(shopRules)
	if err != nil {
		panic(err) // the file is part of the program, and tested
	}
	return r
}

// Bounds of a rules file.
const (
	maxFile    = 256 << 10
	maxEntries = 1024
	maxText    = 256
)

// Parse reads a rules file. The error says everything that is wrong.
func Parse(data []byte) (*Rules, error) {
	if len(data) > maxFile {
		return nil, fmt.Errorf("read rules: the file has more than %d bytes", maxFile)
	}
	var f rulesFile
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("read rules: something follows them")
	}
	c := &compiler{rules: &Rules{exact: map[int]bool{}, names: maps.Clone(requestNames)}}
	c.compile(&f)
	if len(c.problems) > 0 {
		return nil, fmt.Errorf("read rules: %w", errors.Join(c.problems...))
	}
	return c.rules, nil
}

type compiler struct {
	rules    *Rules
	problems []error
}

func (c *compiler) reject(when bool, problem string, args ...any) {
	if when {
		c.problems = append(c.problems, fmt.Errorf(problem, args...))
	}
}

func (c *compiler) compile(f *rulesFile) {
	c.reject(max(len(f.Session), len(f.Methods), len(f.Status), len(f.Bots), len(f.Activity), len(f.JSON.Keep), len(f.JSON.Drop), len(f.JSON.Names)) > maxEntries,
		"a list has more than %d entries", maxEntries)
	c.reject(len(f.Activity) > 0 && len(f.Session) == 0, "session: nothing tells the session of a request")
	for _, s := range f.Session {
		c.session(s)
	}
	for _, m := range f.Methods {
		c.rules.methods = append(c.rules.methods, strings.ToUpper(m))
	}
	c.status(f.Status)
	for _, b := range f.Bots {
		c.reject(b == "", "bots: an empty text is in every agent")
		c.rules.bots = append(c.rules.bots, strings.ToLower(b))
	}
	for _, a := range f.Activity {
		c.route(a)
	}
	c.rules.keep, c.rules.drop = c.tests("keep", f.JSON.Keep), c.tests("drop", f.JSON.Drop)
	for _, name := range slices.Sorted(maps.Keys(f.JSON.Names)) {
		_, known := requestNames[name]
		c.reject(!known, "json: names: %s is none of %v", name, slices.Sorted(maps.Keys(requestNames)))
		c.rules.names[name] = f.JSON.Names[name]
	}
}

func (c *compiler) session(s string) {
	kind, name, _ := strings.Cut(s, ":")
	switch kind {
	case "cookie", "query", "field":
		c.reject(name == "" || len(name) > maxText, "session: %q has no name", s)
	case "client":
		c.reject(name != "", "session: client has no name")
	default:
		c.reject(true, "session: %q is none of cookie:NAME, query:NAME, field:NAME, client", s)
	}
	c.rules.sessions = append(c.rules.sessions, sessionSource{kind, name})
}

func (c *compiler) status(codes []string) {
	if len(codes) == 0 {
		codes = []string{"2xx", "3xx"}
	}
	for _, code := range codes {
		var n int
		switch {
		case len(code) == 3 && code[1:] == "xx" && '1' <= code[0] && code[0] <= '5':
			c.rules.status[code[0]-'0'] = true
		case len(code) == 3 && isDigits(code):
			_, _ = fmt.Sscan(code, &n)
			c.rules.exact[n] = true
		default:
			c.reject(true, "status: %q is neither like 2xx nor like 304", code)
		}
	}
}

// routeFields are what a URL may tell of a step.
var routeFields = []string{"product_code", "quantity", "category", "brand", "price", "currency"}

func (c *compiler) route(f routeFile) {
	c.reject(!strings.HasPrefix(f.Path, "/") || len(f.Path) > maxText, "activity: path %q does not begin with /", f.Path)
	c.reject(!slices.Contains([]string{"view", "cart", "purchase"}, f.Event), "activity: %s: event %q is none of view, cart, purchase", f.Path, f.Event)
	r := route{segments: strings.Split(strings.Trim(f.Path, "/"), "/"), query: f.Query, event: f.Event}
	told := slices.Collect(maps.Values(f.Query))
	for i, s := range r.segments {
		if name, ok := capture(s); ok && name != "*" {
			told = append(told, name)
		}
		c.reject(s == "**" && i < len(r.segments)-1, "activity: %s: ** is not at the end", f.Path)
		c.reject(strings.ContainsAny(strings.TrimSuffix(strings.TrimPrefix(s, "{"), "}"), "{}?"), "activity: %s: {name} is a whole part of the path", f.Path)
	}
	for _, name := range told {
		c.reject(!slices.Contains(routeFields, name), "activity: %s: %s is none of %v", f.Path, name, routeFields)
	}
	c.reject(!slices.Contains(told, "product_code"), "activity: %s: nothing tells the product_code", f.Path)
	c.rules.routes = append(c.rules.routes, r)
}

// capture is the name in {name}.
func capture(segment string) (name string, ok bool) {
	if strings.HasPrefix(segment, "{") && strings.HasSuffix(segment, "}") {
		return segment[1 : len(segment)-1], true
	}
	return "", false
}

func (c *compiler) tests(where string, list []testFile) (tests []test) {
	for _, f := range list {
		c.reject(f.Field == "" || len(f.Field) > maxText, "json: %s: a field has no name", where)
		t := test{path: strings.Split(f.Field, ".")}
		for _, v := range f.In {
			if t.in == nil {
				t.in = map[string]bool{}
			}
			t.in[v] = true
		}
		tests = append(tests, t)
	}
	return tests
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
