package expr

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"
)

// generator draws items and expressions, as plain trees and as text with placeholders.
type generator struct {
	*rand.Rand
	names  map[string]string
	values map[string]any
}

func newGenerator(seed uint64) *generator {
	return &generator{rand.New(rand.NewPCG(seed, 7)), map[string]string{}, map[string]any{}}
}

func pick[T any](g *generator, choices ...T) T { return choices[g.IntN(len(choices))] }

// scope holds the placeholders that were written.
func (g *generator) scope(t testing.TB) *Scope {
	t.Helper()
	values := map[string]attr.Value{}
	for key, v := range g.values {
		values[key] = toValue(t, v)
	}
	names := g.names
	if len(names) == 0 {
		names = nil
	}
	if len(values) == 0 {
		values = nil
	}
	scope, err := NewScope(names, values)
	if err != nil {
		t.Fatal(err)
	}
	return scope
}

func (g *generator) scalar() any {
	return pick[any](g, "", "a", "ab", "abc", "b", 0, 1, 2, -1, 10, dumbBytes("a"), dumbBytes("ab"), dumbBytes(""))
}

func (g *generator) value(depth int) any {
	switch n := g.IntN(10); {
	case n < 4 || depth == 0:
		return g.scalar()
	case n == 4:
		return pick[any](g, true, false, dumbNull{})
	case n == 5:
		return g.set()
	case n < 8:
		l := []any{}
		for range g.IntN(4) {
			l = append(l, g.value(depth-1))
		}
		return l
	default:
		m := map[string]any{}
		for _, name := range []string{"x", "y"} {
			if g.IntN(2) == 0 {
				m[name] = g.value(depth - 1)
			}
		}
		return m
	}
}

func (g *generator) set() dumbSet {
	set := dumbSet{}
	members := []any{"a", "b", "c"}
	if g.IntN(2) == 0 {
		members = []any{1, 2, 10}
	}
	for range 1 + g.IntN(3) {
		set[pick(g, members...)] = true
	}
	return set
}

func (g *generator) item() map[string]any {
	item := map[string]any{}
	for _, name := range []string{"a", "b", "c", "d"} {
		if g.IntN(5) > 0 {
			item[name] = g.value(3)
		}
	}
	return item
}

func (g *generator) path() dumbPath {
	path := dumbPath{pick(g, "a", "b", "c", "d")}
	for g.IntN(3) == 0 {
		path = append(path, pick[any](g, "x", "y", 0, 1, 2, 5))
	}
	return path
}

func (g *generator) operand(literal func() any) dumbOperand {
	switch g.IntN(5) {
	case 0, 1:
		return dumbOperand{literal: literal()}
	case 2:
		return dumbOperand{path: g.path(), size: true}
	default:
		return dumbOperand{path: g.path()}
	}
}

// condition draws a condition that every static check accepts.
func (g *generator) condition(depth int) dumbCondition {
	if depth > 0 && g.IntN(3) > 0 {
		switch g.IntN(3) {
		case 0:
			return dumbCondition{op: "NOT", children: []dumbCondition{g.condition(depth - 1)}}
		default:
			return dumbCondition{op: pick(g, "AND", "OR"), children: []dumbCondition{g.condition(depth - 1), g.condition(depth - 1)}}
		}
	}
	anything := func() any { return g.value(2) }
	text := func() any { return pick[any](g, "", "a", "ab", dumbBytes("a")) }
	path := func() dumbOperand { return dumbOperand{path: g.path()} }
	for {
		var c dumbCondition
		switch op := pick(g, "=", "<>", "<", "<=", ">", ">=", "BETWEEN", "IN", "attribute_exists", "attribute_not_exists",
			"attribute_type", "begins_with", "contains"); op {
		case "=", "<>":
			c = dumbCondition{op: op, operands: []dumbOperand{g.operand(anything), g.operand(anything)}}
		case "BETWEEN":
			c = dumbCondition{op: op, operands: []dumbOperand{g.operand(g.scalar), g.operand(g.scalar), path()}}
		case "IN":
			c = dumbCondition{op: op, operands: []dumbOperand{g.operand(anything), g.operand(anything), g.operand(anything)}}
		case "attribute_exists", "attribute_not_exists":
			c = dumbCondition{op: op, operands: []dumbOperand{path()}}
		case "attribute_type":
			kind := dumbOperand{literal: string(pick(g, attr.Kinds()...))}
			c = dumbCondition{op: op, operands: []dumbOperand{path(), kind}}
		case "begins_with":
			prefix := pick(g, path(), dumbOperand{literal: text()})
			c = dumbCondition{op: op, operands: []dumbOperand{path(), prefix}}
		case "contains":
			c = dumbCondition{op: op, operands: []dumbOperand{path(), g.operand(anything)}}
		default:
			c = dumbCondition{op: op, operands: []dumbOperand{g.operand(g.scalar), g.operand(g.scalar)}}
		}
		if !c.comparesPathWithItself() {
			return c
		}
	}
}

func (c dumbCondition) comparesPathWithItself() bool {
	return len(c.operands) == 2 && !c.operands[0].size && !c.operands[1].size &&
		c.operands[0].path != nil && slices.Equal(c.operands[0].path, c.operands[1].path)
}

// Writing. Parentheses are put where precedence needs them and sometimes where it does not.

func (g *generator) writePath(p dumbPath) string {
	var b strings.Builder
	for i, step := range p {
		name, isName := step.(string)
		switch {
		case !isName:
			fmt.Fprintf(&b, "[%d]", step)
			continue
		case i > 0:
			b.WriteString(".")
		}
		if g.IntN(2) == 0 {
			placeholder := "#" + pick(g, "", "n_", "0") + name
			g.names[placeholder] = name
			name = placeholder
		}
		b.WriteString(name)
	}
	return b.String()
}

func (g *generator) writeOperand(o dumbOperand) string {
	var text string
	if o.path != nil {
		text = g.writePath(o.path)
	} else {
		text = fmt.Sprintf(":v%d", len(g.values))
		g.values[text] = o.literal
	}
	if o.size {
		return "size (" + text + ")"
	}
	if g.IntN(8) == 0 {
		return "(" + text + ")"
	}
	return text
}

func (g *generator) writeWord(word string) string {
	return pick(g, word, strings.ToLower(word), strings.ToUpper(word[:1])+strings.ToLower(word[1:]))
}

func (g *generator) writeCondition(c dumbCondition, binding int) string {
	precedence := map[string]int{"OR": 1, "AND": 2, "NOT": 3}[c.op]
	text := g.writeBare(c, precedence)
	if precedence > 0 && precedence < binding || g.IntN(6) == 0 && !strings.HasPrefix(text, "(") {
		return "(" + text + ")"
	}
	return text
}

func (g *generator) writeBare(c dumbCondition, precedence int) string {
	switch c.op {
	case "OR", "AND":
		return g.writeCondition(c.children[0], precedence) + " " + g.writeWord(c.op) + " " + g.writeCondition(c.children[1], precedence+1)
	case "NOT":
		return g.writeWord("NOT") + " " + g.writeCondition(c.children[0], precedence)
	}
	var operands []string
	for _, o := range c.operands {
		operands = append(operands, g.writeOperand(o))
	}
	switch c.op {
	case "BETWEEN":
		return operands[0] + " " + g.writeWord("BETWEEN") + " " + operands[1] + " " + g.writeWord("AND") + " " + operands[2]
	case "IN":
		return operands[0] + " " + g.writeWord("IN") + "(" + strings.Join(operands[1:], ",") + ")"
	case "=", "<>", "<", "<=", ">", ">=":
		return operands[0] + c.op + operands[1]
	default:
		return c.op + "(" + strings.Join(operands, ", ") + ")"
	}
}

// actions draws an update whose paths are disjoint.
func (g *generator) actions() []dumbAction {
	var all []dumbAction
	for range 1 + g.IntN(4) {
		a := dumbAction{clause: pick(g, "SET", "SET", "REMOVE", "ADD", "DELETE"), path: g.path()}
		if slices.ContainsFunc(all, func(b dumbAction) bool { return !apart(a.path, b.path) }) {
			continue
		}
		switch a.clause {
		case "SET":
			a.source = g.source(2)
		case "ADD":
			a.operand = pick[any](g, 1, -2, g.set())
		case "DELETE":
			a.operand = g.set()
		}
		all = append(all, a)
	}
	return all
}

// apart reports whether paths part ways at a step of one kind.
func apart(a, b dumbPath) bool {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("%T", a[i]) == fmt.Sprintf("%T", b[i])
		}
	}
	return false
}

func (g *generator) source(depth int) dumbSource {
	path := dumbSource{operand: dumbOperand{path: g.path()}}
	if depth == 0 {
		return path
	}
	switch g.IntN(6) {
	case 0:
		return path
	case 1:
		return dumbSource{op: "if_not_exists", operand: path.operand, args: []dumbSource{g.source(0)}}
	case 2:
		number := dumbSource{operand: dumbOperand{literal: 3}}
		return dumbSource{op: pick(g, "+", "-"), args: []dumbSource{number, pick(g, path, number)}}
	case 3:
		list := dumbSource{operand: dumbOperand{literal: []any{"new", 1}}}
		other := dumbSource{op: "if_not_exists", operand: path.operand, args: []dumbSource{list}}
		return dumbSource{op: "list_append", args: []dumbSource{pick(g, path, other), list}}
	default:
		return dumbSource{operand: dumbOperand{literal: g.value(2)}}
	}
}

func (g *generator) writeSource(s dumbSource) string {
	switch s.op {
	case "":
		return g.writeOperand(s.operand)
	case "if_not_exists":
		return "if_not_exists(" + g.writePath(s.operand.path) + ", " + g.writeSource(s.args[0]) + ")"
	case "list_append":
		return "list_append(" + g.writeSource(s.args[0]) + "," + g.writeSource(s.args[1]) + ")"
	default:
		return g.writeSource(s.args[0]) + pick(g, " ", "") + s.op + pick(g, " ", "") + g.writeSource(s.args[1])
	}
}

func (g *generator) writeUpdate(actions []dumbAction) string {
	clauses := map[string][]string{}
	for _, a := range actions {
		text := g.writePath(a.path)
		switch a.clause {
		case "SET":
			text += " = " + g.writeSource(a.source)
		case "ADD", "DELETE":
			key := fmt.Sprintf(":v%d", len(g.values))
			g.values[key] = a.operand
			text += " " + key
		}
		clauses[a.clause] = append(clauses[a.clause], text)
	}
	order := slices.Sorted(maps.Keys(clauses))
	g.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	var parts []string
	for _, clause := range order {
		parts = append(parts, g.writeWord(clause)+" "+strings.Join(clauses[clause], ", "))
	}
	return strings.Join(parts, " ")
}
