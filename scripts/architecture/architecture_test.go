package architecture

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/streamrec/streamrec"

// pkg is what go list says of a package.
type pkg struct {
	ImportPath string
	Dir        string
	Standard   bool
	GoFiles    []string
	Imports    []string
}

// name is the path below the module.
func (p pkg) name() string { return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/") }

func list(t *testing.T) (packages []pkg) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Dir,Standard,GoFiles,Imports", module+"/...")
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v: %s", err, stderr.String())
	}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		if len(p.GoFiles) > 0 {
			packages = append(packages, p)
		}
	}
}

// below reports whether a package is one of the folders or lies in one.
func below(name string, folders ...string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return name == f || strings.HasPrefix(name, f+"/") })
}

// TestImportsPointDown holds the arrows: scripts → worker → processor → model; worker/lease and processor's parts are leaves; infra
// implements what they declare, and only scripts assemble.
func TestImportsPointDown(t *testing.T) {
	rules := []struct {
		folder string
		except []string
		may    []string // folders of this module
	}{
		{"model", nil, []string{"model"}},
		{"worker/lease", nil, []string{"worker/lease"}},
		{"processor", nil, []string{"processor", "model"}},
		{"worker", []string{"worker/lease"}, []string{"worker", "processor", "model"}},
		{"infra/local", nil, []string{"infra/local"}},
		{"infra", []string{"infra/local"}, []string{"infra", "worker", "processor"}},
	}
	for _, p := range list(t) {
		for _, r := range rules {
			if !below(p.name(), r.folder) || below(p.name(), r.except...) {
				continue
			}
			for _, i := range p.Imports {
				if name, ours := strings.CutPrefix(i, module+"/"); ours && !below(name, r.may...) {
					t.Errorf("%s imports %s, which is not below it", p.name(), name)
				}
			}
		}
	}
}

// TestPureParts holds that the protocol and the model need nothing but the standard library, and the log neither AWS nor a logger.
func TestPureParts(t *testing.T) {
	for _, p := range list(t) {
		for _, i := range p.Imports {
			foreign := strings.Contains(strings.Split(i, "/")[0], ".") && !strings.HasPrefix(i, module)
			if foreign && below(p.name(), "model", "worker/lease", "processor/chain") && !strings.HasSuffix(p.name(), "test") {
				t.Errorf("%s imports %s: only the standard library is allowed there", p.name(), i)
			}
			if below(p.name(), "processor") && (strings.Contains(i, "aws-sdk-go") || strings.Contains(i, "logrus")) {
				t.Errorf("%s imports %s: processors neither know AWS nor log", p.name(), i)
			}
			if strings.Contains(i, "aws-sdk-go-v2") && !below(p.name(), "infra", "scripts", "worker") {
				t.Errorf("%s imports %s", p.name(), i)
			}
		}
	}
}

// TestKCLIsContained holds that only the files worker/kcl*.go know the vmware library. The one exception is the benchmark, which
// measures the library as it comes beside ours; nothing of its files kcl*.go is in the product.
func TestKCLIsContained(t *testing.T) {
	used := false
	eachFile(t, func(p pkg, file string, f *ast.File, _ []byte) {
		for _, i := range f.Imports {
			if !strings.Contains(i.Path.Value, "vmware-go-kcl") {
				continue
			}
			used = true
			compared := p.name() == "scripts/bench" && strings.HasPrefix(file, "kcl")
			if (p.name() != "worker" || !strings.HasPrefix(file, "kcl")) && !compared {
				t.Errorf("%s/%s imports %s", p.name(), file, i.Path.Value)
			}
		}
	})
	if !used {
		t.Error("nothing imports vmware-go-kcl-v2: the shards are to be run by it")
	}
}

// TestEveryPackageExplainsItself wants a package comment of at least a sentence, in doc.go, where one looks for it.
func TestEveryPackageExplainsItself(t *testing.T) {
	docs := map[string]int{}
	eachFile(t, func(p pkg, file string, f *ast.File, _ []byte) {
		docs[p.name()] += 0
		if file == "doc.go" {
			docs[p.name()] = len(f.Doc.Text())
		} else if f.Doc != nil {
			t.Errorf("%s/%s has a package comment, which belongs into doc.go", p.name(), file)
		}
	})
	for name, n := range docs {
		if n < 60 {
			t.Errorf("%s has no doc.go that one could start from", name)
		}
	}
}

// TestProductionCode looks for what production code does not do.
func TestProductionCode(t *testing.T) {
	eachFile(t, func(p pkg, file string, f *ast.File, text []byte) {
		where := p.name() + "/" + file
		if n := bytes.Count(text, []byte("\n")); n > 350 && !strings.Contains(file, "reserved") && !strings.Contains(file, "words") {
			t.Errorf("%s has %d lines: is it about one noun?", where, n)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			id, ok := sel.X.(*ast.Ident)
			if !ok {
				return true
			}
			switch id.Name + "." + sel.Sel.Name {
			case "time.Sleep":
				t.Errorf("%s calls time.Sleep: wait so that it can be cancelled", where)
			case "context.Background", "context.TODO":
				if file != "main.go" && !below(p.name(), "scripts/simulate") { // nobody is above a simulated world
					t.Errorf("%s starts a context of its own", where)
				}
			case "log.Fatal", "log.Fatalf", "log.Panic", "os.Exit":
				if file != "main.go" {
					t.Errorf("%s ends the process", where)
				}
			}
			return true
		})
	})
}

// TestNoMachineInTheTree looks for paths that only exist on somebody's machine.
func TestNoMachineInTheTree(t *testing.T) {
	needles := []string{"/work" + "/", "/root" + "/", "/home" + "/"}
	for _, name := range files(t, "") {
		if strings.HasSuffix(name, ".sum") || strings.Contains(name, "testdata") {
			continue
		}
		text := read(t, name)
		for _, n := range needles {
			if bytes.Contains(text, []byte(n)) {
				t.Errorf("%s contains %q", name, n)
			}
		}
	}
}

func eachFile(t *testing.T, do func(p pkg, file string, f *ast.File, text []byte)) {
	t.Helper()
	for _, p := range list(t) {
		for _, file := range p.GoFiles {
			text, err := os.ReadFile(filepath.Join(p.Dir, file))
			if err != nil {
				t.Fatal(err)
			}
			f, err := parser.ParseFile(token.NewFileSet(), file, text, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			do(p, file, f, text)
		}
	}
}
