package catalogue

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

const csvFile = `name,item,price,in_stock,colour,category
"Kettle, red",k1,19.90,true,red,kitchen
Lamp,l1,,0,,light
Mat,m1,5,,,
Mat,m1,6,1,,
`

const jsonFile = `{"item":"k1","name":"Kettle, red","price":19.90,"category":"kitchen","colour":"red"}
{"item":"l1","name":"Lamp","category":"light","in_stock":false}

{"item":"m1","name":"Mat","price":6}
`

func TestRead(t *testing.T) {
	for name, file := range map[string]string{"CSV": csvFile, "JSON": jsonFile} {
		c, err := Read(strings.NewReader(file))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if c.Len() != 3 || !c.Sells("k1") || c.Sells("l1") || !c.Sells("m1") || c.Sells("x") {
			t.Errorf("%s: %+v", name, c.products)
		}
		k, ok := c.Product("k1")
		if price, err := k.Price.Float64(); !ok || k.Name != "Kettle, red" || k.Category != "kitchen" || price != 19.9 || err != nil {
			t.Errorf("%s: %+v", name, k)
		}
		if m, _ := c.Product("m1"); m.Price != "6" {
			t.Errorf("%s: %+v, want what was said last", name, m)
		}
	}
	if c, err := Read(strings.NewReader("")); err != nil || c.Len() != 0 {
		t.Errorf("nothing: %v", err)
	}
}

func TestReadRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"no item column": {"name\nx\n", "line 1: the header has no column item"},
		"no item":        {"item,name\na,b\n,c\n", "line 3: the product has no item"},
		"bad price":      {"item,price\na,cheap\n", "line 2: price"},
		"negative price": {"{\"item\":\"a\",\"price\":-1}", "line 1: price"},
		"bad stock":      {"item,in_stock\na,maybe\n", "line 2: in_stock"},
		"short row":      {"item,name\na\n", "line 2"},
		"no JSON":        {"{\"item\":\"a\"}\n{", "line 2: not a JSON object"},
		"long line":      {"{\"item\":\"" + strings.Repeat("x", maxLine) + "\"}", "line 1: bufio.Scanner: token too long"},
	} {
		if _, err := Read(strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error is %v, want %q", name, err, c.says)
		}
	}
	broken := errors.New("broken")
	for _, head := range []string{"", csvFile, jsonFile} {
		if _, err := Read(io.MultiReader(strings.NewReader(head), iotest.ErrReader(broken))); !errors.Is(err, broken) {
			t.Errorf("error of the reader becomes %v", err)
		}
	}
}

// TestPricesOfCSVAreNumbersOfJSON has prices that a float may be written as, but not a number of JSON.
func TestPricesOfCSVAreNumbersOfJSON(t *testing.T) {
	for text, want := range map[string]string{"+5": "5", ".5": "0.5", "007": "7", "19.90": "19.90", "1e3": "1e3", "NaN": "", "Inf": "", "-1": ""} {
		c, err := Read(strings.NewReader("item,price\na," + text + "\n"))
		price := ""
		if err == nil {
			price = c.products["a"].Price.String()
		}
		if price != want {
			t.Errorf("%s is read as %q, want %q, %v", text, price, want, err)
		}
	}
}
