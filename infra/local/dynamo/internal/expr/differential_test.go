package expr

import (
	"testing"

	"github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"
)

const differentialRounds = 10000

// TestConditionsAgreeWithDumbEvaluator evaluates random conditions on random items both ways.
func TestConditionsAgreeWithDumbEvaluator(t *testing.T) {
	outcomes := map[bool]int{}
	for seed := range uint64(differentialRounds) {
		outcomes[compareCondition(t, seed)]++
	}
	for _, outcome := range []bool{true, false} {
		if outcomes[outcome] < differentialRounds/10 {
			t.Errorf("only %d of %d conditions were %v", outcomes[outcome], differentialRounds, outcome)
		}
	}
}

func compareCondition(t *testing.T, seed uint64) bool {
	t.Helper()
	g := newGenerator(seed)
	item, c := g.item(), g.condition(3)
	text := g.writeCondition(c, 0)
	scope := g.scope(t)
	parsed, err := scope.Condition("ConditionExpression", text)
	if err != nil {
		t.Fatalf("seed %d: %s: %v", seed, text, err)
	}
	if err := scope.Unused(); err != nil {
		t.Fatalf("seed %d: %s: %v", seed, text, err)
	}
	got, want := parsed.Holds(toItem(t, item)), c.holds(any(item))
	if got != want {
		t.Fatalf("seed %d: %s is %v, want %v\nvalues %v\nitem %v", seed, text, got, want, g.values, item)
	}
	return want
}

// TestUpdatesAgreeWithDumbEvaluator applies random updates to random items both ways, and sees that items are not changed.
func TestUpdatesAgreeWithDumbEvaluator(t *testing.T) {
	refused := 0
	for seed := range uint64(differentialRounds) {
		if !compareUpdate(t, seed) {
			refused++
		}
	}
	if refused < differentialRounds/10 || refused > differentialRounds*9/10 {
		t.Errorf("%d of %d updates did not fit their item", refused, differentialRounds)
	}
}

func compareUpdate(t *testing.T, seed uint64) (fits bool) {
	t.Helper()
	g := newGenerator(seed)
	item, actions := g.item(), g.actions()
	text := g.writeUpdate(actions)
	scope := g.scope(t)
	update, err := scope.Update(text)
	if err != nil {
		t.Fatalf("seed %d: %s: %v", seed, text, err)
	}
	key := map[string]any{"k": "key"}
	if g.IntN(10) == 0 {
		return sameUpdate(t, seed, text, update, key, nil, actions)
	}
	item["k"] = "key"
	return sameUpdate(t, seed, text, update, key, item, actions)
}

func sameUpdate(t *testing.T, seed uint64, text string, update *Update, key, item map[string]any, actions []dumbAction) bool {
	t.Helper()
	var old attr.Map
	if item != nil {
		old = toItem(t, item)
	}
	got, err := update.Apply(toItem(t, key), old)
	want, wantErr := dumbApply(begin(item, key, actions), actions)
	if (err != nil) != (wantErr != nil) {
		t.Fatalf("seed %d: %s on %v: got error %v, want %v", seed, text, item, err, wantErr)
	}
	if item != nil && !attr.Equal(old, toItem(t, item)) {
		t.Fatalf("seed %d: %s changed its item %v to %s", seed, text, item, old.AppendJSON(nil))
	}
	if err != nil {
		return false
	}
	if (got == nil) != (want == nil) || want != nil && !attr.Equal(got, toItem(t, want)) {
		t.Fatalf("seed %d: %s on %v: got %s, want %v", seed, text, item, got.AppendJSON(nil), want)
	}
	return true
}

// begin is the item that an update begins with: a missing item is its key, unless nothing is put into it.
func begin(item, key map[string]any, actions []dumbAction) map[string]any {
	if item != nil {
		return item
	}
	for _, a := range actions {
		if a.clause == "SET" || a.clause == "ADD" {
			return key
		}
	}
	return nil
}
