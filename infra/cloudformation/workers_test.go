package cloudformation

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// container is that of the worker.
func container(t *testing.T) map[string]any {
	t.Helper()
	containers, _ := read(t, "workers.yaml").property("Task", "ContainerDefinitions").([]any)
	if len(containers) != 1 {
		t.Fatalf("%d containers", len(containers))
	}
	return containers[0].(map[string]any)
}

func TestWorkerIsContained(t *testing.T) {
	c := container(t)
	if c["ReadonlyRootFilesystem"] != "true" || !strings.HasPrefix(fmt.Sprint(c["User"]), "65532") {
		t.Errorf("the container writes to its files or is root: %v, %v", c["ReadonlyRootFilesystem"], c["User"])
	}
	grace, err := time.ParseDuration(pairs(c["Environment"], "Name", "Value")["STREAMREC_SHUTDOWN_GRACE"])
	if err != nil || fmt.Sprint(c["StopTimeout"]) != "120" || grace > 90*time.Second {
		t.Errorf("a worker that hands over for %v is killed after %v s", grace, c["StopTimeout"])
	}
	if _, clear := pairs(c["Environment"], "Name", "Value")["STREAMREC_PRIVACY_KEY"]; clear {
		t.Error("the privacy key is in the task definition")
	}
}

// TestImportsAreExported holds that what workers.yaml imports the other two export.
func TestImportsAreExported(t *testing.T) {
	exports := map[string]bool{}
	for _, file := range []string{"data.yaml", "roles.yaml"} {
		outputs, _ := read(t, file)["Outputs"].(map[string]any)
		for _, o := range outputs {
			exports[fmt.Sprint(resolve(at(o, "Export", "Name"), values))] = true
		}
	}
	imported := 0
	each(resolve(map[string]any(read(t, "workers.yaml")), values), func(key string, value any) {
		if key != "Fn::ImportValue" {
			return
		}
		imported++
		if !exports[fmt.Sprint(value)] {
			t.Errorf("nothing exports %v", value)
		}
	})
	if imported < 10 {
		t.Errorf("%d imports", imported)
	}
}

// each calls f for each key of all maps.
func each(v any, f func(key string, value any)) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			each(e, f)
		}
	case map[string]any:
		for key, value := range v {
			f(key, value)
			each(value, f)
		}
	}
}

// TestScalingIsBounded holds the bounds, and that the three alarms of scaling look where they should.
func TestScalingIsBounded(t *testing.T) {
	w := read(t, "workers.yaml")
	for property, want := range map[string]string{"MinCapacity": "MinWorkers", "MaxCapacity": "MaxWorkers"} {
		if have := w.property("Scaling", property); !reflect.DeepEqual(have, map[string]any{"Ref": want}) {
			t.Errorf("%s is %v", property, have)
		}
	}
	for alarm, policy := range map[string]string{"Behind": "MoreWorkers", "CaughtUp": "FewerWorkers"} {
		if have := w.property(alarm, "AlarmActions"); !reflect.DeepEqual(have, []any{map[string]any{"Ref": policy}}) {
			t.Errorf("%s does %v", alarm, have)
		}
	}
	for alarm, missing := range map[string]string{"FewWorkers": "breaching", "NobodyReads": "breaching", "SourceSilent": "breaching", "CaughtUp": "notBreaching"} {
		if have := w.property(alarm, "TreatMissingData"); have != missing {
			t.Errorf("%s takes missing data for %v", alarm, have)
		}
	}
}

func TestDashboardIsJSON(t *testing.T) {
	body, _ := read(t, "workers.yaml").property("Dashboard", "DashboardBody", "Fn::Sub").([]any)
	var board struct{ Widgets []struct{ Type string } }
	if err := json.Unmarshal([]byte(body[0].(string)), &board); err != nil || len(board.Widgets) < 6 {
		t.Errorf("%d widgets, %v", len(board.Widgets), err)
	}
}

// TestAlarmsTellSomebody holds that each alarm acts, and that its text names its entry in the runbook.
func TestAlarmsTellSomebody(t *testing.T) {
	for _, file := range []string{"data.yaml", "workers.yaml"} {
		f := read(t, file)
		for _, alarm := range f.ofType("AWS::CloudWatch::Alarm") {
			if actions, _ := f.property(alarm, "AlarmActions").([]any); len(actions) == 0 {
				t.Errorf("%s tells nobody", alarm)
			}
			if text := fmt.Sprint(f.property(alarm, "AlarmDescription", "Fn::Sub")); !strings.HasSuffix(text, "see infra/runbook.md, "+alarm) {
				t.Errorf("%s says %q", alarm, text)
			}
			if f.property(alarm, "Threshold") == nil || f.property(alarm, "EvaluationPeriods") == nil {
				t.Errorf("%s has no threshold", alarm)
			}
		}
	}
}
