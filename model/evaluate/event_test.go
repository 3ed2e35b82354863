package evaluate

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/streamrec/streamrec/model"
)

const file = `ts_ms,session,event,item,category,brand,price
20,s,cart,b,shoe,acme,9.5
10,s,view,a,,,
20,"t,u",purchase,b,shoe,,
`

func TestReadCSV(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := io.WriteString(z, file); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	want := []Event{
		{Ms: 10, Session: "s", Item: "a"},
		{Ms: 20, Session: "s", Item: "b", Type: model.Cart, Category: "shoe", Brand: "acme"},
		{Ms: 20, Session: "t,u", Item: "b", Type: model.Purchase, Category: "shoe"},
	}
	for name, r := range map[string]io.Reader{"plain": strings.NewReader(file), "gzip": &packed} {
		got, err := ReadCSV(r)
		if err != nil || len(got) != len(want) {
			t.Fatalf("%s: %v, %v", name, got, err)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s: event %d is %+v, want %+v", name, i, got[i], want[i])
			}
		}
	}
}

func TestReadCSVRefuses(t *testing.T) {
	const header = "ts_ms,session,event,item\n"
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", "read header: EOF"},
		{"a missing column", "ts_ms,session,item\n", "lacks one of"},
		{"a bad time", header + "1,s,view,a\nx,s,view,a\n", "read line 3: parse ts_ms"},
		{"an unknown event", header + "1,s,look,a\n", `read line 2: unknown event "look"`},
		{"a short line", header + "1,s,view\n", "wrong number of fields"},
		{"a broken gzip", "\x1f\x8b\x00", "open gzip"},
	} {
		if _, err := ReadCSV(strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := ReadCSV(io.MultiReader(strings.NewReader(file), iotest.ErrReader(io.ErrUnexpectedEOF))); err == nil {
		t.Error("a reader that fails is taken for the end")
	}
	if events, err := ReadCSV(strings.NewReader(header)); err != nil || len(events) != 0 {
		t.Errorf("a file without events: %v, %v", events, err)
	}
}
