package event

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// sealedMember is the member of a sealed Extra whose value is the base64 of the sealed rest. Extra stays a JSON object,
// so readers can query its clear members.
const sealedMember = "_sealed"

// position says what is sealed within a record: an entry's Extra by its index, or one of the negative fields.
type position struct{ sub, line, field int }

const (
	extraField = -1 - iota
	rawField
)

func (d *Decoder) context(at position) string {
	b := append(d.scratch[:0], d.record.SequenceNumber...)
	for _, n := range [...]int{at.sub, at.line, at.field} {
		b = append(b, '/')
		b = strconv.AppendInt(b, int64(n), 10)
	}
	d.scratch = b
	return string(b)
}

func (d *Decoder) seal(at position, raw []byte) []byte {
	if d.privacy == nil {
		return raw
	}
	return d.privacy.Seal(d.context(at), raw)
}

// extra writes what m has beyond the columns as a JSON object, empty when there is nothing.
func (d *Decoder) extra(m *members, at position) string {
	if len(m.extra) == 0 {
		return ""
	}
	d.note(m)
	if d.privacy == nil {
		return m.object(func(string) bool { return true })
	}
	shown := m.object(d.isClear)
	hidden := m.object(func(name string) bool { return !d.isClear(name) })
	if hidden == "" {
		return shown
	}
	sealed := base64.StdEncoding.EncodeToString(d.privacy.Seal(d.context(at), []byte(hidden)))
	return joinObjects(shown, `{"`+sealedMember+`":"`+sealed+`"}`)
}

// isClear reports whether a name may stay readable. A known field never may, nor what would pass for the sealed rest.
func (d *Decoder) isClear(name string) bool {
	if name == FormatMember || name == EventMember {
		return d.format != Native
	}
	return slices.Contains(d.clear, name) && fieldOf(name) == unknown && name != sealedMember
}

// joinObjects writes the members of two JSON objects, of which a may be empty text, as one.
func joinObjects(a, b string) string {
	if a == "" {
		return b
	}
	return strings.TrimSuffix(a, "}") + "," + strings.TrimPrefix(b, "{")
}

// OpenExtra gives an Extra as it would be without Privacy, but for the order of its members. An Extra without a sealed
// part comes back as it is.
func (p *Privacy) OpenExtra(extra string) (string, error) {
	if extra == "" {
		return "", nil
	}
	var m members
	c := cursor{text: extra, depth: Limits{}.withDefaults().MaxDepth}
	if c.peek() != '{' || !m.read(&c, fieldCount, len(extra), c.any) || !c.end() {
		return "", fmt.Errorf("open extra: it is not a JSON object")
	}
	i := m.find(sealedMember)
	if i < 0 {
		return extra, nil
	}
	var sealed []byte
	if err := json.Unmarshal([]byte(m.extra[i].value), &sealed); err != nil {
		return "", fmt.Errorf("open extra: the sealed part is not base64")
	}
	hidden, err := p.Open(sealed)
	if err != nil {
		return "", fmt.Errorf("open extra: %w", err)
	}
	return joinObjects(m.object(func(name string) bool { return name != sealedMember }), string(hidden)), nil
}
