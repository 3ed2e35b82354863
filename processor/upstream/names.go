package upstream

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// OtherNames stands for all names of fields that are not kept.
const OtherNames = "(other)"

// Bounds of the names that are kept.
const (
	maxNames    = 256
	maxName     = 64
	maxDigits   = 4 // in a row: longer numbers are ids
	learning    = 10 * time.Minute
	newFor      = 24 * time.Hour
	namesListed = 32
)

// Field is a field without a column.
type Field struct {
	Name  string    `json:"name"`
	Rows  int64     `json:"rows"`
	Since time.Time `json:"since"` // arrival of the first record that had it
	New   bool      `json:"new"`
}

// names counts the fields without a column.
type names struct {
	first  time.Time // arrival of the first row of all
	newest time.Time
	known  map[string]*Field
}

// add counts a field and reports whether it is there for the first time although enough was seen before.
func (n *names) add(name string, arrival time.Time) (appeared bool) {
	f := n.known[name]
	if f == nil && (len(n.known) >= maxNames || !plain(name)) {
		name = OtherNames
		f = n.known[name]
	}
	if f == nil {
		name = strings.Clone(name)
		f = &Field{Name: name, Since: arrival, New: arrival.Sub(n.first) >= learning && name != OtherNames}
		n.known[name] = f
		appeared = f.New
	}
	f.Rows++
	return appeared
}

// list gives the new fields first, the newest of them before older ones, then the others by frequency.
func (n *names) list() []Field {
	list := make([]Field, 0, len(n.known))
	for f := range maps.Values(n.known) {
		x := *f
		x.New = f.New && n.newest.Sub(f.Since) < newFor
		list = append(list, x)
	}
	slices.SortFunc(list, func(a, b Field) int {
		switch {
		case a.New != b.New && a.New:
			return -1
		case a.New != b.New:
			return 1
		case a.New:
			return cmp.Or(b.Since.Compare(a.Since), cmp.Compare(a.Name, b.Name))
		default:
			return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Name, b.Name))
		}
	})
	return list[:min(len(list), namesListed)]
}

// plain reports whether a name looks like one that a programmer has chosen.
func plain(name string) bool {
	if name == "" || len(name) > maxName {
		return false
	}
	digits := 0
	for i := range len(name) {
		switch c := name[i]; {
		case '0' <= c && c <= '9':
			if digits++; digits > maxDigits {
				return false
			}
			continue
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_', c == '-', c == '.', c == '$', c == ':':
		default:
			return false
		}
		digits = 0
	}
	return true
}
