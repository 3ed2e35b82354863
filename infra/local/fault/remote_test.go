package fault_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/infra/local/fault"
)

func TestRemoteIsTheScriptFromAfar(t *testing.T) {
	script := fault.New(1)
	server := httptest.NewServer(script.Control())
	defer server.Close()
	remote := fault.Remote{Endpoint: server.URL}
	want := fault.Rule{Match: fault.Match{Services: []string{"s3"}, AccessKey: "w1"}, When: fault.Every(2), Effect: fault.Delay(time.Second)}
	first, err := remote.Add(t.Context(), want)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := remote.Add(t.Context(), fault.Rule{Effect: fault.Cut()}); err != nil {
		t.Fatal(err)
	}
	if err := remote.Remove(t.Context(), first+1); err != nil {
		t.Fatal(err)
	}
	rules, err := remote.Rules(t.Context())
	if err != nil || len(rules) != 1 || rules[0].ID != first || rules[0].Rule.AccessKey != "w1" || rules[0].Rule.Effect != want.Effect || rules[0].Rule.When != want.When {
		t.Errorf("in force are %+v, %v", rules, err)
	}
	if _, err := remote.Add(t.Context(), fault.Rule{}); err == nil || !strings.Contains(err.Error(), "unknown effect") {
		t.Errorf("a rule without effect: %v", err)
	}
	if err := remote.Remove(t.Context(), first+1); err == nil {
		t.Error("a rule was removed twice")
	}
}
