package architecture

import (
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/streamrec/streamrec/infra/telemetry"
)

// TestFieldsOfTheLogHaveOneName holds the names that production code gives to fields of the log to the table of infra/metrics.md, and that to the code. A
// name that is made up for one line is one that nobody searches for.
func TestFieldsOfTheLogHaveOneName(t *testing.T) {
	used := map[string]string{"error": "logrus"} // WithError names it
	eachFile(t, func(p pkg, file string, f *ast.File, _ []byte) {
		if !below(p.name(), "worker", "infra", "scripts/streamrec") {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			for _, name := range fieldsOf(n) {
				used[name] = p.name() + "/" + file
			}
			return true
		})
	})
	known := telemetry.Fields()
	for _, name := range slices.Sorted(maps.Keys(used)) {
		if !slices.Contains(known, name) {
			t.Errorf("%s logs the field %s, which is not in infra/telemetry/fields.go: use a name that is, or describe it there", used[name], name)
		}
	}
	for _, name := range known {
		if used[name] == "" {
			t.Errorf("nobody logs the field %s of infra/telemetry/fields.go", name)
		}
	}
}

// fieldsOf returns the names in a call of WithField or admin.Note, and in a literal of logrus.Fields.
func fieldsOf(n ast.Node) (names []string) {
	literal := func(e ast.Expr) {
		if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
			if name, err := strconv.Unquote(l.Value); err == nil {
				names = append(names, name)
			}
		}
	}
	switch n := n.(type) {
	case *ast.CallExpr:
		sel, ok := n.Fun.(*ast.SelectorExpr)
		switch {
		case ok && sel.Sel.Name == "WithField" && len(n.Args) == 2:
			literal(n.Args[0])
		case ok && sel.Sel.Name == "Note" && len(n.Args) == 3:
			literal(n.Args[1])
		}
	case *ast.CompositeLit:
		if sel, ok := n.Type.(*ast.SelectorExpr); ok && sel.Sel.Name == "Fields" {
			for _, e := range n.Elts {
				if kv, ok := e.(*ast.KeyValueExpr); ok {
					literal(kv.Key)
				}
			}
		}
	}
	return names
}
