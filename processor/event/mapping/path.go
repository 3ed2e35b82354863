package mapping

import (
	"fmt"
	"strconv"
	"strings"
)

// scope is the object in which a path begins.
type scope uint8

const (
	ofRecord scope = iota
	ofEvent
	ofItem
)

// unit says how a value is converted.
type unit uint8

const (
	asIs       unit = iota
	micros          // Unix time in microseconds
	nanos           // Unix time in nanoseconds
	concealed       // the pseudonym of a customer
	unitsCount = iota
)

var unitNames = [unitsCount]string{"", "us", "ns", "conceal"}

// path leads from a scope to a value: a.b[0].c or a[key=K].c.
type path struct {
	scope scope
	steps []step
	unit  unit
}

// step goes to a member by its name, to an element by its index, or to the first element of which a member is a given string.
type step struct {
	kind  stepKind
	name  string // of the member
	value string // of the member that selects
	index int
}

type stepKind uint8

const (
	toMember stepKind = iota
	toIndex
	toSelected
)

const (
	maxSteps = 16
	maxName  = 256 // bytes of a name in a mapping file
	maxIndex = 1000
)

// parsePath reads a path whose first object is own, unless it begins with $record. or $event.
func parsePath(text string, own scope) (path, error) {
	rest, name, found := strings.Cut(text, "|")
	p := path{scope: own}
	if found {
		if p.unit = unitOf(name); p.unit == asIs {
			return p, fmt.Errorf("path %q: what follows | is none of us, ns, conceal", text)
		}
	}
	for prefix, s := range map[string]scope{"$record.": ofRecord, "$event.": ofEvent} {
		if after, ok := strings.CutPrefix(rest, prefix); ok {
			if s > own && own != ofRecord {
				return p, fmt.Errorf("path %q: there is no %s here", text, prefix)
			}
			p.scope, rest = s, after
		}
	}
	for name := range strings.SplitSeq(rest, ".") {
		if err := p.add(name); err != nil {
			return p, fmt.Errorf("path %q: %w", text, err)
		}
	}
	if len(p.steps) > maxSteps {
		return p, fmt.Errorf("path %q: more than %d steps", text, maxSteps)
	}
	return p, nil
}

func unitOf(name string) unit {
	for u, known := range unitNames {
		if known == name {
			return unit(u)
		}
	}
	return asIs
}

// add reads name[…][…].
func (p *path) add(text string) error {
	name, brackets, _ := strings.Cut(text, "[")
	if name == "" || len(name) > maxName || strings.ContainsAny(name, "]$") {
		return fmt.Errorf("%q is no name of a field", name)
	}
	p.steps = append(p.steps, step{kind: toMember, name: name})
	if brackets == "" {
		if strings.Contains(text, "[") {
			return fmt.Errorf("[ without ]")
		}
		return nil
	}
	if !strings.HasSuffix(brackets, "]") {
		return fmt.Errorf("[ without ]")
	}
	for inner := range strings.SplitSeq(strings.TrimSuffix(brackets, "]"), "][") {
		if err := p.addSelector(inner); err != nil {
			return err
		}
	}
	return nil
}

func (p *path) addSelector(inner string) error {
	if member, value, ok := strings.Cut(inner, "="); ok && member != "" && value != "" && len(inner) <= maxName && !strings.ContainsAny(inner, "[]\"\\") {
		p.steps = append(p.steps, step{kind: toSelected, name: member, value: value})
		return nil
	}
	n, err := strconv.Atoi(inner)
	if err != nil || n < 0 || n > maxIndex {
		return fmt.Errorf("[%s] is neither a number up to %d nor [field=value]", inner, maxIndex)
	}
	p.steps = append(p.steps, step{kind: toIndex, index: n})
	return nil
}

// names are those of the members on the way, behind a prefix.
func (p *path) names(prefix string) string {
	for i := range p.steps {
		switch {
		case p.steps[i].kind != toMember:
		case prefix == "":
			prefix = p.steps[i].name
		default:
			prefix += "." + p.steps[i].name
		}
	}
	return prefix
}
