package tail

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// rotatedName is what rotation appends to the name of a log: .1, -20261126, .2026-11-26T09, .2.gz, .old
var rotatedName = regexp.MustCompile(`^([.-][0-9][0-9A-Za-z_:.-]*|[.](old|prev|bak)([.]gz)?)$`)

// sibling is a file beside the log that may be what it was rotated to.
type sibling struct {
	path    string
	changed time.Time
}

// siblings lists them in the order of their last change.
func (l *Log) siblings() []sibling {
	dir, base := filepath.Split(l.opts.Path)
	entries, err := os.ReadDir(filepath.Clean("./" + dir))
	if filepath.IsAbs(l.opts.Path) {
		entries, err = os.ReadDir(dir)
	}
	if err != nil {
		return nil
	}
	var found []sibling
	for _, e := range entries {
		rest, ok := strings.CutPrefix(e.Name(), base)
		if !ok || !rotatedName.MatchString(rest) || !e.Type().IsRegular() {
			continue
		}
		path := filepath.Join(dir, e.Name())
		if info, err := e.Info(); err == nil && path != filepath.Clean(l.opts.Position) {
			found = append(found, sibling{path, info.ModTime()})
		}
	}
	slices.SortFunc(found, func(a, b sibling) int {
		if c := a.changed.Compare(b.changed); c != 0 {
			return c
		}
		return strings.Compare(b.path, a.path) // .2 is older than .1
	})
	return found
}
