package mapping

import (
	"encoding/json"
	"strings"
)

// tree is a JSON text of which only those objects and arrays are taken apart that somebody looks into. The text should be valid; of any other some
// values are not found.
type tree struct {
	text  string
	nodes []node // the root is the first
	full  bool   // there are more parts than a record may have
}

// node is a value. Its children lie together, from first on, once it is open. It has offsets instead of texts, so that the garbage collector has nothing
// to do with it.
type node struct {
	nameAt, nameEnd int32 // of a member, with its quotes; equal for others
	at, end         int32 // the value
	first, count    int32
	escaped         bool // the name has a backslash
	open            bool
	used            bool // it has a column
	key             bool // it selects its object, and says nothing by itself
}

func (t *tree) name(i int) string  { return t.text[t.nodes[i].nameAt:t.nodes[i].nameEnd] }
func (t *tree) value(i int) string { return t.text[t.nodes[i].at:t.nodes[i].end] }

// Bounds of what is looked at in one record: with them a hostile one of 10 MiB costs some MB more.
const (
	maxParts  = 1 << 17
	keptParts = 1 << 12
)

func (t *tree) load(text string) {
	t.text, t.full = text, false
	t.nodes = append(t.nodes[:0], node{end: int32(len(text))})
}

// release forgets the text.
func (t *tree) release() {
	t.text, t.nodes = "", t.nodes[:0]
	if cap(t.nodes) > keptParts {
		t.nodes = nil
	}
}

// children are the positions of the parts of a value, none when it is neither object nor array.
func (t *tree) children(i int) (first, end int) {
	n := &t.nodes[i]
	if !n.open {
		t.split(i)
		n = &t.nodes[i]
	}
	return int(n.first), int(n.first + n.count)
}

// split appends the parts of an object or array.
func (t *tree) split(i int) {
	first := len(t.nodes)
	n := &t.nodes[i]
	n.open, n.first = true, int32(first)
	text, pos := t.text[:n.end], int(n.at)
	if pos == len(text) || text[pos] != '{' && text[pos] != '[' {
		return
	}
	named := text[pos] == '{'
	for pos = space(text, pos+1); pos < len(text) && text[pos] != '}' && text[pos] != ']'; {
		var part node
		if named {
			end := skip(text, pos)
			if text[pos] != '"' || end-pos < 2 {
				break
			}
			part.nameAt, part.nameEnd = int32(pos), int32(end)
			part.escaped = strings.IndexByte(text[pos:end], '\\') >= 0
			if pos = space(text, end); pos == len(text) || text[pos] != ':' {
				break
			}
			pos = space(text, pos+1)
		}
		end := skip(text, pos)
		if end == pos {
			break
		}
		if len(t.nodes) == maxParts {
			t.full = true
			break
		}
		part.at, part.end = int32(pos), int32(end)
		t.nodes = append(t.nodes, part)
		if pos = space(text, end); pos < len(text) && text[pos] == ',' {
			pos = space(text, pos+1)
		}
	}
	t.nodes[i].count = int32(len(t.nodes) - first)
}

// is reports whether a value begins with a byte.
func (t *tree) is(i int, first byte) bool {
	n := &t.nodes[i]
	return n.at < n.end && t.text[n.at] == first
}

// member is the last member of this name, or -1.
func (t *tree) member(i int, name string) int {
	if !t.is(i, '{') {
		return -1
	}
	first, end := t.children(i)
	for k := end - 1; k >= first; k-- {
		n := &t.nodes[k]
		if n.escaped {
			if unquote(t.name(k)) == name {
				return k
			}
		} else if int(n.nameEnd-n.nameAt) == len(name)+2 && t.text[n.nameAt+1:n.nameEnd-1] == name {
			return k
		}
	}
	return -1
}

// follow goes along a path, and gives -1 when it ends early.
func (t *tree) follow(i int, steps []step) int {
	for k := range steps {
		switch s := &steps[k]; s.kind {
		case toMember:
			i = t.member(i, s.name)
		case toIndex:
			i = t.element(i, s.index)
		case toSelected:
			i = t.selected(i, s)
		}
		if i < 0 {
			return -1
		}
	}
	return i
}

func (t *tree) element(i, index int) int {
	if !t.is(i, '[') {
		return -1
	}
	if first, end := t.children(i); first+index < end {
		return first + index
	}
	return -1
}

func (t *tree) selected(i int, s *step) int {
	if !t.is(i, '[') {
		return -1
	}
	first, end := t.children(i)
	for k := first; k < end; k++ {
		if m := t.member(k, s.name); m >= 0 && spells(t.value(m), s.value) {
			t.nodes[m].key = true
			return k
		}
	}
	return -1
}

// spells reports whether a JSON string is this text.
func spells(quoted, text string) bool {
	if len(quoted) < 2 || quoted[0] != '"' {
		return false
	}
	body := quoted[1 : len(quoted)-1]
	return body == text || len(body) > len(text) && strings.IndexByte(body, '\\') >= 0 && unquote(quoted) == text
}

// unquote is what a JSON string says, empty for what is none.
func unquote(quoted string) string {
	if len(quoted) < 2 || quoted[0] != '"' {
		return ""
	}
	if body := quoted[1 : len(quoted)-1]; strings.IndexByte(body, '\\') < 0 {
		return body
	}
	return unescape(quoted)
}

func unescape(quoted string) (text string) {
	if json.Unmarshal([]byte(quoted), &text) != nil {
		return ""
	}
	return text
}

// space is the position of what is not white space.
func space(text string, pos int) int {
	for pos < len(text) && (text[pos] == ' ' || text[pos] == '\n' || text[pos] == '\t' || text[pos] == '\r') {
		pos++
	}
	return pos
}

// skip is the end of the value at pos, or pos when there is none.
func skip(text string, pos int) int {
	if pos >= len(text) {
		return pos
	}
	switch text[pos] {
	case '"':
		return skipString(text, pos)
	case '{', '[':
		return skipNested(text, pos)
	}
	end := pos
	for end < len(text) && strings.IndexByte(",]}: \n\t\r\"[{", text[end]) < 0 {
		end++
	}
	return end
}

func skipString(text string, pos int) int {
	for end := pos + 1; end < len(text); end++ {
		switch text[end] {
		case '"':
			return end + 1
		case '\\':
			end++
		}
	}
	return pos
}

func skipNested(text string, pos int) int {
	depth := 0
	for end := pos; end < len(text); end++ {
		switch text[end] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return end + 1
			}
		case '"':
			closed := skipString(text, end)
			if closed == end {
				return pos
			}
			end = closed - 1
		}
	}
	return pos
}
