package telemetry

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestRulesAndDashboardNameMetricsThatExist reads what is deployed beside the workers.
func TestRulesAndDashboardNameMetricsThatExist(t *testing.T) {
	name := regexp.MustCompile(`streamrec_[a-z_]+`)
	for _, path := range []string{"../prometheus/rules.yaml", "../prometheus/rules_test.yaml", "../grafana/streamrec.json"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		found := name.FindAllString(string(text), -1)
		if len(found) == 0 {
			t.Errorf("%s names no metric", path)
		}
		for _, n := range found {
			for _, suffix := range []string{"_bucket", "_count", "_sum"} {
				n = strings.TrimSuffix(n, suffix)
			}
			if !slices.Contains(Names(), n) {
				t.Errorf("%s names %s, which no worker serves", path, n)
			}
		}
	}
}

// TestDashboardShowsEveryMetric holds that what is measured can be seen: a metric that is new has a place on the dashboard.
func TestDashboardShowsEveryMetric(t *testing.T) {
	text, err := os.ReadFile("../grafana/streamrec.json")
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, n := range regexp.MustCompile(`streamrec_[a-z_]+`).FindAllString(string(text), -1) {
		for _, suffix := range []string{"_bucket", "_count", "_sum"} {
			n = strings.TrimSuffix(n, suffix)
		}
		shown[n] = true
	}
	for _, n := range Names() {
		if !shown[n] {
			t.Errorf("%s is on no panel", n)
		}
	}
}

// TestDashboardIsJSON looks at its form: every panel shows something, and none lies over another.
func TestDashboardIsJSON(t *testing.T) {
	text, err := os.ReadFile("../grafana/streamrec.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			Type, Title string
			Targets     []struct{ Expr string }
			GridPos     struct{ X, Y, W, H int }
		}
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	taken := map[[2]int]string{} // by column and line
	for i, p := range board.Panels {
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				place := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
				if other, ok := taken[place]; ok || place[0] >= 24 {
					t.Fatalf("%q lies over %q, or beside the page", p.Title, other)
				}
				taken[place] = p.Title
			}
		}
		if p.Type != "row" && (len(p.Targets) == 0 || p.Targets[0].Expr == "") {
			t.Errorf("panel %d shows nothing", i)
		}
	}
}
