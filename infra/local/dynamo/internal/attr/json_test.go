package attr

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func decodeItem(t testing.TB, text string) Map {
	t.Helper()
	var m Map
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatalf("decode %s: %v", text, err)
	}
	return m
}

func TestItemsReadAndWriteTheSame(t *testing.T) {
	for _, text := range []string{
		`{}`,
		`{"a":{"S":""},"b":{"S":"grün \"quoted\" \\ \u0001 <&> 😀"}}`,
		`{"n":{"N":"-1.5"},"z":{"N":"0"}}`,
		`{"b":{"B":""},"c":{"B":"AAEC/w=="}}`,
		`{"t":{"BOOL":true},"f":{"BOOL":false},"n":{"NULL":true}}`,
		`{"l":{"L":[]},"m":{"M":{}}}`,
		`{"l":{"L":[{"S":"x"},{"L":[{"N":"1"}]},{"M":{"k":{"NULL":true}}}]}}`,
		`{"s":{"SS":["","a","b"]},"n":{"NS":["-2","1","10"]},"b":{"BS":["AA==","AQ=="]}}`,
	} {
		item := decodeItem(t, text)
		written, err := json.Marshal(item)
		if err != nil {
			t.Fatal(err)
		}
		if again := decodeItem(t, string(written)); !Equal(item, again) {
			t.Errorf("%s is written %s", text, written)
		}
	}
}

func TestSetsAreSortedAndDistinct(t *testing.T) {
	item := decodeItem(t, `{"n":{"NS":["10","9","1.0","-3"]}}`)
	if got := string(item.AppendJSON(nil)); got != `{"n":{"NS":["-3","1","9","10"]}}` {
		t.Errorf("got %s", got)
	}
}

func TestDecodeRefuses(t *testing.T) {
	nested := strings.Repeat(`{"L":[`, 33) + `{"S":"deep"}` + strings.Repeat(`]}`, 33)
	for text, want := range map[string]string{
		`{"a":{}}`:                     "Supplied AttributeValue is empty",
		`{"a":{"S":null}}`:             "Supplied AttributeValue is empty",
		`{"a":{"X":"y"}}`:              "Supplied AttributeValue is empty",
		`{"a":{"S":"x","N":"1"}}`:      "more than one datatypes",
		`{"a":{"N":"x"}}`:              "cannot be converted",
		`{"a":{"NULL":false}}`:         "must have the value of true",
		`{"a":{"SS":[]}}`:              "string set  may not be empty",
		`{"a":{"NS":[]}}`:              "number set  may not be empty",
		`{"a":{"BS":[]}}`:              "Binary sets should not be empty",
		`{"a":{"SS":["x","y","x"]}}`:   "Input collection [x, y, x] contains duplicates",
		`{"a":{"NS":["1","1.0"]}}`:     "contains duplicates",
		`{"a":{"BS":["AA==","AA=="]}}`: "contains duplicates",
		`{"a":` + nested + `}`:         "Nesting Levels",
		`{"":{"S":"x"}}`:               "Empty attribute name",
		`{"` + strings.Repeat("n", 65536) + `":{"S":"x"}}`: "too large",
	} {
		var m Map
		err := json.Unmarshal([]byte(text), &m)
		if _, ok := errors.AsType[*Error](err); !ok || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: got %v, want %q", text, err, want)
		}
	}
	for _, text := range []string{
		`{"a":"S"}`, `{"a":{"S":1}}`, `{"a":{"N":1}}`, `{"a":{"B":"!"}}`, `{"a":{"B":"AAE"}}`, `{"a":{"L":{}}}`, `{"a":{"M":[]}}`,
		`{"a":{"SS":"x"}}`, `{"a":{"BOOL":"true"}}`, `{"a":{"NULL":"true"}}`, `[]`,
	} {
		var m Map
		err := json.Unmarshal([]byte(text), &m)
		if _, ok := errors.AsType[*SyntaxError](err); !ok {
			t.Errorf("%s: got %v, want a syntax error", text, err)
		}
	}
}

func TestDeepestLegalNesting(t *testing.T) {
	item := decodeItem(t, `{"a":`+strings.Repeat(`{"L":[`, 32)+strings.Repeat(`]}`, 32)+`}`)
	if err := item.CheckDepth(); err != nil {
		t.Error(err)
	}
	deeper := Map{"a": List{item["a"]}}
	if err := deeper.CheckDepth(); err == nil {
		t.Error("33 levels were accepted")
	}
}

// FuzzDecodeItem holds the codec against itself: what can be read is written so that it reads as the same item, in one form.
func FuzzDecodeItem(f *testing.F) {
	f.Add([]byte(`{"a":{"L":[{"S":"x"},{"M":{"k":{"NULL":true}}}]},"n":{"NS":["1","2"]}}`))
	f.Add([]byte(`{"a":{"B":"AAEC"},"b":{"BOOL":true},"c":{"N":"1e-7"}}`))
	f.Add([]byte(`{"a":{"S":"\ud800"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var item Map
		if json.Unmarshal(text, &item) != nil || item == nil {
			return
		}
		written := item.AppendJSON(nil)
		again := decodeItem(t, string(written))
		if !Equal(item, again) || string(again.AppendJSON(nil)) != string(written) {
			t.Fatalf("%s is written %s", text, written)
		}
		if item.ItemSize() != again.ItemSize() || item.ItemSize() < 0 {
			t.Fatalf("sizes %d and %d", item.ItemSize(), again.ItemSize())
		}
	})
}
