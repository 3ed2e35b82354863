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

func TestDashboardIsJSON(t *testing.T) {
	text, err := os.ReadFile("../grafana/streamrec.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			Type    string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	for i, p := range board.Panels {
		if p.Type != "row" && (len(p.Targets) == 0 || p.Targets[0].Expr == "") {
			t.Errorf("panel %d shows nothing", i)
		}
	}
}
