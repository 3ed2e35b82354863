package catalogue

import (
	"bytes"
	"compress/gzip"
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
}

// TestNothingSoldIsAnError has files with which every list would be empty.
func TestNothingSoldIsAnError(t *testing.T) {
	for _, file := range []string{"", "\n\n", byteOrder, "item,in_stock\n", "item,in_stock\na,0\n", "[]", `{"item":"a","in_stock":false}`} {
		if _, err := Read(strings.NewReader(file)); !errors.Is(err, ErrNothingSold) {
			t.Errorf("%q: error is %v", file, err)
		}
	}
}

// TestFilesAsPeopleHaveThem has one catalogue as Excel, databases and scripts write it.
func TestFilesAsPeopleHaveThem(t *testing.T) {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	if _, err := io.WriteString(w, byteOrder+"item,in_stock\na,1\nb,0\n"); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{
		"mark of Excel":  byteOrder + "item,in_stock\r\na,TRUE\r\nb,FALSE\r\n",
		"gzip":           zipped.String(),
		"other case":     "Item,In_Stock\na,True\nb,fALSE\n",
		"space":          "\n  item , in_stock\n a, true \n b, false\n",
		"array":          " [ {\"item\":\"a\"},\n{\"item\":\"b\",\n\"in_stock\":false} ]\n",
		"lines, mark":    byteOrder + "{\"item\":\"a\"}\n  \n {\"Item\":\"b\",\"IN_STOCK\":false}\n",
		"lines of space": "\r\n{\"item\":\"a\"}\n{\"item\":\"b\",\"in_stock\":false}",
	} {
		c, err := Read(strings.NewReader(file))
		if err != nil || c.Len() != 2 || c.Sold() != 1 || !c.Sells("a") {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"no item column":  {"name\nx\n", "line 1: the header has no column item: it is \"name\""},
		"semicolons":      {"\n\nitem;name\nx;y\n", "line 3: the header has no column item: it is \"item;name\""},
		"row after space": {"\nitem,price\na,cheap\n", "line 3: price"},
		"cut off array":   {"[{\"item\":\"a\"}", "after product 1: not a JSON array"},
		"two arrays":      {"[{\"item\":\"a\"}][", "after product 1: there is something behind"},
		"array of what":   {"[{\"item\":\"a\"},1]", "product 2: not a JSON object"},
		"array, no item":  {"[{\"name\":\"a\"}]", "product 1: the product has no item"},
		"cut off gzip":    {gzipMagic, "unexpected EOF"},
		"no item":         {"item,name\na,b\n,c\n", "line 3: the product has no item"},
		"bad price":       {"item,price\na,cheap\n", "line 2: price"},
		"negative price":  {"{\"item\":\"a\",\"price\":-1}", "line 1: price"},
		"bad stock":       {"item,in_stock\na,maybe\n", "line 2: in_stock"},
		"short row":       {"item,name\na\n", "line 2"},
		"no JSON":         {"{\"item\":\"a\"}\n{", "line 2: not a JSON object"},
		"long line":       {"{\"item\":\"" + strings.Repeat("x", maxLine) + "\"}", "line 1: bufio.Scanner: token too long"},
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
