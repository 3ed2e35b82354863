package expr

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"
)

func item(t testing.TB, text string) attr.Map {
	t.Helper()
	if text == "" {
		return nil
	}
	var m attr.Map
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return m
}

func sameItem(t testing.TB, what string, got attr.Map, want string) {
	t.Helper()
	if (got == nil) != (want == "") || !attr.Equal(got, item(t, want)) {
		t.Errorf("%s: got %s, want %s", what, got.AppendJSON(nil), want)
	}
}

// TestUpdateMeaning has the cases that the service's users have found surprising.
func TestUpdateMeaning(t *testing.T) {
	list := `{"k":{"S":"k"},"a":{"L":[{"N":"0"},{"N":"1"},{"N":"2"},{"N":"3"}]}}`
	for _, c := range []struct{ update, old, want string }{
		{"REMOVE a[1] SET a[3] = :n", list, `{"k":{"S":"k"},"a":{"L":[{"N":"0"},{"N":"2"},{"N":"1"}]}}`},
		{
			"SET a[84] = :n, a[37] = :m, a[5] = :s", list,
			`{"k":{"S":"k"},"a":{"L":[{"N":"0"},{"N":"1"},{"N":"2"},{"N":"3"},{"S":"text"},{"N":"2"},{"N":"1"}]}}`,
		},
		{"REMOVE a[17]", list, list},
		{"SET b = a[0], a[0] = a[1]", list, `{"k":{"S":"k"},"b":{"N":"0"},"a":{"L":[{"N":"1"},{"N":"1"},{"N":"2"},{"N":"3"}]}}`},
		{"REMOVE a SET b = a", `{"k":{"S":"k"},"a":{"S":"x"}}`, `{"k":{"S":"k"},"b":{"S":"x"}}`},
		{"REMOVE a.b", `{"k":{"S":"k"},"a":{"M":{"b":{"N":"1"}}}}`, `{"k":{"S":"k"},"a":{"M":{}}}`},
		{"REMOVE a[0]", `{"k":{"S":"k"},"a":{"L":[{"N":"1"}]}}`, `{"k":{"S":"k"},"a":{"L":[]}}`},
		{"REMOVE a.y, b[7], c", `{"k":{"S":"k"},"a":{"M":{}},"b":{"L":[]}}`, `{"k":{"S":"k"},"a":{"M":{}},"b":{"L":[]}}`},
		{"DELETE a :ss", `{"k":{"S":"k"},"a":{"SS":["a"]}}`, `{"k":{"S":"k"}}`},
		{"ADD a :n, b :ss", `{"k":{"S":"k"}}`, `{"k":{"S":"k"},"a":{"N":"1"},"b":{"SS":["a"]}}`},
		{"SET a = if_not_exists(a, :n) + :n", `{"k":{"S":"k"}}`, `{"k":{"S":"k"},"a":{"N":"2"}}`},
		{"SET a = if_not_exists(b, if_not_exists(c, :n))", `{"k":{"S":"k"}}`, `{"k":{"S":"k"},"a":{"N":"1"}}`},
		{"SET a = (:n - :m)", `{"k":{"S":"k"}}`, `{"k":{"S":"k"},"a":{"N":"-1"}}`},
		{"set a=:l ReMoVe b", `{"k":{"S":"k"},"b":{"N":"1"}}`, `{"k":{"S":"k"},"a":{"L":[]}}`},
		// A missing item is made by what puts something in, and only by that.
		{"SET a = :n REMOVE b", "", `{"k":{"S":"k"},"a":{"N":"1"}}`},
		{"REMOVE b", "", ""},
		{"REMOVE b.c", "", ""},
		{"DELETE b :ss", "", ""},
	} {
		update, err := testScope(t).Update(c.update)
		if err != nil {
			t.Errorf("%s: %v", c.update, err)
			continue
		}
		got, err := update.Apply(item(t, `{"k":{"S":"k"}}`), item(t, c.old))
		if err != nil {
			t.Errorf("%s: %v", c.update, err)
			continue
		}
		sameItem(t, c.update, got, c.want)
	}
}

func TestUpdatesThatDoNotFit(t *testing.T) {
	const (
		noPath  = "The document path provided in the update expression is invalid for update"
		noValue = "The provided expression refers to an attribute that does not exist in the item"
		noType  = "An operand in the update expression has an incorrect data type"
	)
	old := `{"k":{"S":"k"},"text":{"S":"x"},"one":{"N":"1"},"big":{"N":"1e50"},"l":{"L":[{"S":"x"}]},"m":{"M":{}},"s":{"SS":["x"]}}`
	for update, want := range map[string]string{
		"SET absent.b = :n": noPath, "SET one.b = :n": noPath, "SET l.b = :n": noPath, "SET m[0] = :n": noPath,
		"SET l[1].b = :n": noPath, "REMOVE l[0][0]": noPath, "REMOVE absent[0]": noPath, "ADD absent.b :n": noPath,
		"DELETE absent.b :ss": noPath, "SET a = b": noValue, "SET b = :n, a = b": noValue, "SET a = a": noValue,
		"SET a = b + :n": noValue, "SET a = list_append(b, :l)": noValue, "SET a = one + l": noType,
		"SET a = list_append(one, :l)": noType, "SET a = list_append(:l, s)": noType, "ADD l :n": noType, "ADD one :ns": noType,
		"ADD s :ns": noType, "ADD m :ss": noType, "DELETE one :ns": noType, "DELETE s :ns": noType, "SET a = if_not_exists(b, c)": noValue,
		"SET a = #big + :n": "Number overflow. Attempting to store a number with magnitude larger than supported range",
	} {
		scope, err := NewScope(map[string]string{"#big": "big"}, testValues(t))
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := scope.Update(update)
		if err != nil {
			t.Errorf("%s: %v", update, err)
			continue
		}
		if got, err := parsed.Apply(nil, item(t, old)); err == nil || err.Error() != want {
			t.Errorf("%s: got %s, %v, want %s", update, got.AppendJSON(nil), err, want)
		}
	}
}

func TestChangedIsWhatTheUpdateNames(t *testing.T) {
	old := `{"k":{"S":"k"},"a":{"M":{"b":{"S":"x"},"c":{"L":[{"N":"1"},{"N":"2"},{"N":"3"}]}}},"d":{"S":"y"}}`
	for _, c := range []struct{ update, before, after string }{
		{"SET a.b = :s", `{"a":{"M":{"b":{"S":"x"}}}}`, `{"a":{"M":{"b":{"S":"text"}}}}`},
		{"SET a.c[1] = :s, d = :n", `{"a":{"M":{"c":{"L":[{"N":"2"}]}}},"d":{"S":"y"}}`, `{"a":{"M":{"c":{"L":[{"S":"text"}]}}},"d":{"N":"1"}}`},
		{"REMOVE a.c[1], a.c[3]", `{"a":{"M":{"c":{"L":[{"N":"2"}]}}}}`, `{"a":{"M":{"c":{"L":[{"N":"3"}]}}}}`},
		{"SET a.x = :n", `{}`, `{"a":{"M":{"x":{"N":"1"}}}}`},
		{"SET a.c[100] = :n", `{}`, `{}`},
		{"REMOVE d", `{"d":{"S":"y"}}`, `{}`},
	} {
		update, err := testScope(t).Update(c.update)
		if err != nil {
			t.Fatal(err)
		}
		after, err := update.Apply(nil, item(t, old))
		if err != nil {
			t.Fatal(err)
		}
		sameItem(t, c.update+" before", update.Changed(item(t, old)), c.before)
		sameItem(t, c.update+" after", update.Changed(after), c.after)
	}
}

func TestProjectionMeaning(t *testing.T) {
	old := item(t, `{"k":{"S":"k"},"a":{"M":{"b":{"L":[{"N":"2"},{"N":"4"},{"M":{"x":{"S":"hi"},"y":{"S":"yo"}}}]},"c":{"N":"5"}}},"b":{"S":"hello"}}`)
	for projection, want := range map[string]string{
		"k, b":                     `{"k":{"S":"k"},"b":{"S":"hello"}}`,
		"a.b[0]":                   `{"a":{"M":{"b":{"L":[{"N":"2"}]}}}}`,
		"a.b[2].y, a.c":            `{"a":{"M":{"b":{"L":[{"M":{"y":{"S":"yo"}}}]},"c":{"N":"5"}}}}`,
		"a.b[2], a.b[0]":           `{"a":{"M":{"b":{"L":[{"N":"2"},{"M":{"x":{"S":"hi"},"y":{"S":"yo"}}}]}}}}`,
		"x":                        `{}`,
		"a.x, b.x, k[0], a.b[3]":   `{}`,
		"a.b.x":                    `{}`,
		"a.x, a.b[0], x, a.b[3].x": `{"a":{"M":{"b":{"L":[{"N":"2"}]}}}}`,
	} {
		parsed, err := testScope(t).Projection(projection)
		if err != nil {
			t.Errorf("%s: %v", projection, err)
			continue
		}
		sameItem(t, projection, parsed.Of(old), want)
	}
}

func TestNilExpressions(t *testing.T) {
	var (
		condition  *Condition
		update     *Update
		projection *Projection
	)
	old := item(t, `{"k":{"S":"k"}}`)
	if !condition.Holds(nil) || condition.Paths() != nil || update.Paths() != nil || projection.Paths() != nil || update.Changed(old) != nil {
		t.Error("nil expressions ask for nothing")
	}
	made, err := update.Apply(old, nil)
	if err != nil {
		t.Fatal(err)
	}
	sameItem(t, "made", made, `{"k":{"S":"k"}}`)
	sameItem(t, "projected", projection.Of(old), `{"k":{"S":"k"}}`)
}

func TestKeyConditions(t *testing.T) {
	one, two := attr.NewNumber(1), attr.NewNumber(2)
	for source, want := range map[string]KeyCondition{
		"a = :n":                         {"a": {"=", one, nil}},
		":n = a":                         {"a": {"=", one, nil}},
		"a = :n AND b < :m":              {"a": {"=", one, nil}, "b": {"<", two, nil}},
		":m < b AND a = :n":              {"a": {"=", one, nil}, "b": {">", two, nil}},
		":m <= b and (a = :n)":           {"a": {"=", one, nil}, "b": {">=", two, nil}},
		"(:m > b AND :m >= a)":           {"a": {"<=", two, nil}, "b": {"<", two, nil}},
		"a = :n AND b BETWEEN :n AND :m": {"a": {"=", one, nil}, "b": {"BETWEEN", one, two}},
		"begins_with(#n, :s) AND a = :n": {"a": {"=", one, nil}, "name": {"begins_with", attr.String("text"), nil}},
	} {
		got, err := testScope(t).KeyCondition(source)
		if err != nil || len(got) != len(want) {
			t.Errorf("%s: got %v, %v", source, got, err)
			continue
		}
		for name, p := range want {
			if got[name] != p {
				t.Errorf("%s: %s: got %v, want %v", source, name, got[name], p)
			}
		}
	}
}

func TestKeyConditionRefusals(t *testing.T) {
	for source, want := range map[string]string{
		"":                               "Invalid KeyConditionExpression: The expression can not be empty;",
		"a":                              "Invalid KeyConditionExpression: Syntax error",
		"a = :n OR b = :n":               "Invalid operator used in KeyConditionExpression: OR",
		"NOT a = :n":                     "Invalid operator used in KeyConditionExpression: NOT",
		"a = :n AND b IN (:n)":           "Invalid operator used in KeyConditionExpression: IN",
		"a = :n AND b <> :n":             "Invalid operator used in KeyConditionExpression: <>",
		"a = :n AND attribute_exists(b)": "Invalid operator used in KeyConditionExpression: attribute_exists",
		"a = :n AND dog(b, :s)":          "Invalid KeyConditionExpression: Invalid function name; function: dog",
		"a = :n AND size(b) = :n":        "KeyConditionExpressions cannot contain nested operations",
		"a = :n AND b = size(c)":         "KeyConditionExpressions cannot contain nested operations",
		"a = :n AND b.c = :n":            "KeyConditionExpressions cannot have conditions on nested attributes",
		"a = :n AND a = :n":              "KeyConditionExpressions must only contain one condition per key",
		"a = :n AND b > :n AND b < :m":   "KeyConditionExpressions must only contain one condition per key",
		"a = b":                          "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition",
		"a BETWEEN :n AND b":             "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition",
		":n = :m":                        "Invalid condition in KeyConditionExpression: No key attribute specified",
		":n BETWEEN a AND :m":            "Invalid condition in KeyConditionExpression: BETWEEN operator must have the key attribute as its first operand",
		"begins_with(:s, a)":             "Invalid condition in KeyConditionExpression: begins_with operator must have the key attribute as its first operand",
		"a = :n AND b = :n AND c = :n":   "Conditions can be of length 1 or 2 only",
	} {
		if _, err := testScope(t).KeyCondition(source); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", source, err, want)
		}
	}
}

// FuzzParse feeds arbitrary text to every grammar. Whatever parses must be usable on any item without changing it, and every
// refusal must be an *Error.
func FuzzParse(f *testing.F) {
	for _, source := range []string{
		"attribute_not_exists(#k) OR (a.b[0] <> :s AND NOT size(c) BETWEEN :n AND :m)",
		"SET a.b[0] = if_not_exists(c, :n) + :m, #k = list_append(d, :l) REMOVE e[1] ADD f :n DELETE g :ss",
		"a, b.c[1], #n", "#k = :s AND begins_with(#n, :s)", "a IN (:s, b)", "((", "a = :s)", "_", "é", "a[", ":", "#",
	} {
		f.Add(source)
	}
	f.Fuzz(func(t *testing.T, source string) {
		old := item(t, `{"a":{"M":{"b":{"L":[{"N":"1"},{"S":"x"}]}}},"c":{"S":"y"},"d":{"L":[]},"e":{"L":[{"NULL":true}]},"g":{"SS":["a","b"]}}`)
		before := string(old.AppendJSON(nil))
		condition, err := testScope(t).Condition("FilterExpression", source)
		ownError(t, err)
		if err == nil {
			condition.Holds(old)
		}
		_, err = testScope(t).KeyCondition(source)
		ownError(t, err)
		projection, err := testScope(t).Projection(source)
		ownError(t, err)
		if err == nil && projection.Of(old).ItemSize() > old.ItemSize() {
			t.Fatalf("%q projects more than there is", source)
		}
		update, err := testScope(t).Update(source)
		ownError(t, err)
		if err == nil {
			_, err = update.Apply(nil, old)
			ownError(t, err)
			update.Changed(old)
		}
		if after := string(old.AppendJSON(nil)); after != before {
			t.Fatalf("%q changed %s to %s", source, before, after)
		}
	})
}

func ownError(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	_, own := errors.AsType[*Error](err)
	if _, ok := errors.AsType[*attr.Error](err); !own && !ok {
		t.Fatalf("%T: %v", err, err)
	}
}
