package fault_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/infra/local/fault"
	"github.com/streamrec/streamrec/infra/local/inprocess"
)

// control sends one request to the HTTP interface.
func control(t *testing.T, script *fault.Script, method, path, body string) (int, string) {
	t.Helper()
	code, answer, err := send(t, inprocess.Client(script.Control()), "http://127.0.0.1", call{method: method, path: path, body: body})
	if err != nil {
		t.Fatal(err)
	}
	return code, answer
}

func TestControl(t *testing.T) {
	script := fault.New(0)
	handler := script.Wrap(&service{})
	const rule = `{"services":["s3"],"operations":["PutObject"],"accessKey":"w1","resource":"events","prefix":"gen=0/","after":1,"every":2,` +
		`"probability":0.5,"times":3,"effect":"delay","wait":"250ms"}`
	code, answer := control(t, script, http.MethodPost, fault.Path, rule)
	var added fault.Status
	if err := json.Unmarshal([]byte(answer), &added); err != nil || code != http.StatusCreated || added.ID != 1 {
		t.Fatalf("added: %d %s %v", code, answer, err)
	}
	if back, err := json.Marshal(added.Rule); err != nil || string(back) != rule || time.Duration(added.Rule.Wait) != 250*time.Millisecond {
		t.Errorf("the rule comes back as %s, %v", back, err)
	}
	if code, _ := control(t, script, http.MethodPost, fault.Path, `{"effect":"error","code":"SlowDown","times":1}`); code != http.StatusCreated {
		t.Fatalf("second rule: %d", code)
	}
	if got := status(t, handler, put); got != 503 {
		t.Errorf("the rule is not in force: %d", got)
	}
	_, answer = control(t, script, http.MethodGet, fault.Path, "")
	var rules []fault.Status
	if err := json.Unmarshal([]byte(answer), &rules); err != nil || len(rules) != 2 || rules[1].ID != 2 || rules[1].Hits != 1 || rules[1].Calls != 1 {
		t.Errorf("rules: %s, %v", answer, err)
	}
	for path, want := range map[string]int{"/2": 204, "/9": 404, "/x": 404} {
		if code, _ := control(t, script, http.MethodDelete, fault.Path+path, ""); code != want {
			t.Errorf("delete %s: %d", path, code)
		}
	}
	if code, _ := control(t, script, http.MethodDelete, fault.Path, ""); code != http.StatusNoContent {
		t.Errorf("delete all: %d", code)
	}
	if _, answer := control(t, script, http.MethodGet, fault.Path, ""); strings.TrimSpace(answer) != "[]" {
		t.Errorf("left: %s", answer)
	}
}

func TestControlRefusesNonsense(t *testing.T) {
	script := fault.New(0)
	for _, rule := range []string{
		``, `[]`, `{}`, `{"effect":"explode"}`, `{"effect":"error"}`, `{"effect":"delay"}`, `{"effect":"late","wait":"-1s"}`, `{"effect":"cut","times":-1}`,
		`{"effect":"cut","probability":1.5}`, `{"effect":"cut","services":["sqs"]}`, `{"effect":"cut","operation":"PutObject"}`,
		`{"effect":"delay","wait":"soon"}`, `{"effect":"error","code":"x","status":200}`, `{"effect":"cut"}{"effect":"cut"}`,
		`{"effect":"cut","body":"` + strings.Repeat("x", 70<<10) + `"}`,
	} {
		if code, answer := control(t, script, http.MethodPost, fault.Path, rule); code != http.StatusBadRequest || strings.TrimSpace(answer) == "" {
			t.Errorf("%.60s: %d %s", rule, code, answer)
		}
	}
	if _, answer := control(t, script, http.MethodGet, fault.Path, ""); strings.TrimSpace(answer) != "[]" {
		t.Errorf("in force: %s", answer)
	}
}
