package architecture

import (
	"bytes"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// root is the top of the checkout.
var root = filepath.Join("..", "..")

// TestNamedTestsExist holds that every test that a document names as a proof is there.
func TestNamedTestsExist(t *testing.T) {
	tests := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	for _, name := range files(t, "_test.go") {
		for _, m := range declared.FindAllSubmatch(read(t, name), -1) {
			tests[string(m[1])] = true
		}
	}
	named := regexp.MustCompile(`\bTest[A-Z]\w+`)
	inReadme := 0
	for _, name := range append(files(t, ".md"), files(t, "doc.go")...) {
		for _, test := range named.FindAllString(string(read(t, name)), -1) {
			if !tests[test] {
				t.Errorf("%s names %s, which is not there", name, test)
			}
			if name == "README.md" {
				inReadme++
			}
		}
	}
	if inReadme < 10 {
		t.Errorf("the README names %d tests: what shows its guarantees?", inReadme)
	}
}

// TestNamedPathsExist holds that links, and paths in code of documents, lead somewhere.
func TestNamedPathsExist(t *testing.T) {
	there := map[string]bool{}
	for _, name := range files(t, "") {
		for ; name != "."; name = path.Dir(name) {
			there[name] = true
		}
	}
	link := regexp.MustCompile(`\]\(([^)#\s]+)[^)]*\)`)
	inCode := regexp.MustCompile("`((?:infra|processor|model|scripts|worker)/[\\w./-]*\\w)`")
	qualified := regexp.MustCompile(`\.[A-Z]\w*$`) // what a package has
	for _, name := range files(t, ".md") {
		text := string(read(t, name))
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(m[1], "://") && !there[path.Join(path.Dir(name), m[1])] {
				t.Errorf("%s links to %s, which is not there", name, m[1])
			}
		}
		headings := anchors(text)
		for _, m := range regexp.MustCompile(`\]\(#([^)]+)\)`).FindAllStringSubmatch(text, -1) {
			if !headings[m[1]] {
				t.Errorf("%s links to its heading %s, which is not there", name, m[1])
			}
		}
		for _, m := range inCode.FindAllStringSubmatch(text, -1) {
			if !there[qualified.ReplaceAllString(m[1], "")] {
				t.Errorf("%s names %s, which is not there", name, m[1])
			}
		}
	}
}

// anchors are those that GitHub gives the headings of a document.
func anchors(text string) map[string]bool {
	all := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(text, -1) {
		plain := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(m[1]), "")
		all[strings.ReplaceAll(plain, " ", "-")] = true
	}
	return all
}

// TestNamedFilesExist holds that the source files which a package's documentation sends its reader to are there.
func TestNamedFilesExist(t *testing.T) {
	named, n := regexp.MustCompile(`[\s(]([\w/-]+\.go)\b`), 0
	for _, name := range files(t, "doc.go") {
		for _, m := range named.FindAllStringSubmatch(string(read(t, name)), -1) {
			n++
			_, near := os.Stat(filepath.Join(root, path.Dir(name), m[1]))
			if _, err := os.Stat(filepath.Join(root, m[1])); near != nil && err != nil {
				t.Errorf("%s sends its reader to %s, which is not there", name, m[1])
			}
		}
	}
	if n < 40 {
		t.Errorf("documentation names %d files: the ways of a record and of a lease alone have that many", n)
	}
}

// files are those of the checkout, by slashes from its top, whose names end so.
func files(t *testing.T, suffix string) (names []string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", "ls-files", "--cached", "--others", "--exclude-standard")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Skip("not a git checkout")
	}
	for name := range strings.Lines(string(bytes.TrimSpace(out))) {
		name = strings.TrimSpace(name)
		if _, err := os.Lstat(filepath.Join(root, name)); err == nil && strings.HasSuffix(name, suffix) {
			names = append(names, name)
		}
	}
	return names
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return text
}
