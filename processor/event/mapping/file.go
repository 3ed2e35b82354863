package mapping

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
)

// file is a mapping as it stands in its file.
type file struct {
	Format    string             `json:"format"`
	About     string             `json:"about"`
	When      condition          `json:"when"`
	Absent    []string           `json:"absent"`
	Fields    map[string]sources `json:"fields"`
	Each      string             `json:"each"`
	Event     sources            `json:"event"`
	Events    map[string]meaning `json:"events"`
	Otherwise meaning            `json:"otherwise"`
	Item      map[string]sources `json:"item"`
	Known     []string           `json:"known"`
}

// condition says which records have the format.
type condition struct {
	All    []string            `json:"all"`
	Any    []string            `json:"any"`
	None   []string            `json:"none"`
	Values map[string][]string `json:"values"`
}

// meaning is what an event says about its items.
type meaning struct {
	Step  string  `json:"step"`
	Items sources `json:"items"`
}

// sources are places where a value may be: the first that is there counts. Several in a list of their own are joined with a dot, if all are there.
type sources [][]string

// UnmarshalJSON reads a string, or a list of strings and lists of strings.
func (s *sources) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*s = sources{{one}}
		return nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(text, &list); err != nil {
		return errors.New("a source is a path, or a list of paths and of lists of paths")
	}
	for _, item := range list {
		var single string
		var joined []string
		switch {
		case json.Unmarshal(item, &single) == nil:
			*s = append(*s, []string{single})
		case json.Unmarshal(item, &joined) == nil && len(joined) > 0:
			*s = append(*s, joined)
		default:
			return errors.New("a source is a path, or a list of paths and of lists of paths")
		}
	}
	return nil
}

// Bounds of a mapping file.
const (
	maxFile    = 256 << 10
	maxEntries = 1024 // of any list or object in it
	maxSources = 32   // of one field
	maxJoined  = 8    // parts of a value
)

var formatName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,31}$`)

// readFile reads one mapping, or a list of mappings.
func readFile(data []byte) (files []file, err error) {
	if len(data) > maxFile {
		return nil, fmt.Errorf("the file has more than %d bytes", maxFile)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if first := bytes.TrimLeft(data, " \t\r\n"); len(first) > 0 && first[0] == '[' {
		err = d.Decode(&files)
	} else {
		files = make([]file, 1)
		err = d.Decode(&files[0])
	}
	if err != nil {
		return nil, explain(data, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("something follows the mapping; several mappings are a list")
	}
	if len(files) == 0 || len(files) > maxSources {
		return nil, fmt.Errorf("a list of %d mappings; want 1 to %d", len(files), maxSources)
	}
	return files, nil
}

// explain names the line of a mistake.
func explain(data []byte, err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return errors.New("the file ends before its JSON does")
	}
	at := int64(-1)
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = syntax.Offset
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		at = wrong.Offset
	}
	if at < 0 || at > int64(len(data)) {
		return err
	}
	return fmt.Errorf("line %d: %w", 1+bytes.Count(data[:at], []byte("\n")), err)
}

// check returns what is wrong with a mapping as such; what is wrong with its paths comes out when they are compiled.
func (f *file) check() error {
	var problems []error
	reject := func(when bool, problem string, args ...any) {
		if when {
			problems = append(problems, fmt.Errorf(problem, args...))
		}
	}
	reject(!formatName.MatchString(f.Format), "format: %q is no name of a format: lower case letters, digits, - and _", f.Format)
	reject(f.Format == "streamrec" || f.Format == "auto", "format: %s is the name of something else", f.Format)
	reject(len(f.When.All)+len(f.When.Any)+len(f.When.Values) == 0, "when: nothing tells records of this format from others")
	reject(len(f.Fields["session_id"]) == 0, "fields: session_id has no source")
	reject(len(f.Item["product_code"]) == 0, "item: product_code has no source")
	for _, n := range []int{len(f.When.All), len(f.When.Any), len(f.When.None), len(f.When.Values), len(f.Absent), len(f.Events), len(f.Known)} {
		reject(n > maxEntries, "a list of %d entries; at most %d", n, maxEntries)
	}
	for _, name := range slices.Sorted(maps.Keys(f.Fields)) {
		reject(!slices.Contains(recordFields, name), "fields: %s is none of %v", name, recordFields)
	}
	for _, name := range slices.Sorted(maps.Keys(f.Item)) {
		reject(!slices.Contains(itemFields, name), "item: %s is none of %v", name, itemFields)
	}
	for _, name := range slices.Sorted(maps.Keys(f.Events)) {
		reject(name == "" || len(name) > maxName, "events: a name is empty or longer than %d bytes", maxName)
		problems = append(problems, f.Events[name].check("events: "+name))
	}
	return errors.Join(append(problems, f.Otherwise.check("otherwise"))...)
}

func (m meaning) check(where string) error {
	if !slices.Contains(steps, m.Step) {
		return fmt.Errorf("%s: step %q is none of view, cart, purchase, auto", where, m.Step)
	}
	if (m.Step == "") != (len(m.Items) == 0) {
		return fmt.Errorf("%s: step and items belong together", where)
	}
	return nil
}

// steps are what an event can be: nothing, something that the items tell, or one of the types of package event.
var steps = []string{"", "auto", "view", "cart", "purchase"}

// The fields that have columns, in the order in which they are written.
var (
	recordFields = []string{"session_id", "event_id", "event_time", "customer_number", "city", "country", "credit_limit"}
	itemFields   = []string{"product_code", "quantity", "in_shopping_cart", "category", "brand", "price", "currency"}
)
