package catalogue

import (
	"bytes"
	"encoding/json"
	"maps"
	"testing"
	"unicode/utf8"
)

// FuzzRead reads what a shop has written. Each product can be written as JSON, and is read again as it was.
func FuzzRead(f *testing.F) {
	f.Add([]byte(csvFile))
	f.Add([]byte(jsonFile))
	f.Add([]byte("item,price\na,+5\nb,.5\nc,0x1p3\nd,NaN\ne,Inf\nf,007\n"))
	f.Add([]byte("item,item,price\n\"\xff\",b,1e400\n"))
	f.Add([]byte(`{"item":"a","price":"5","in_stock":null}`))
	f.Add([]byte("\xef\xbb\xbf Item, IN_STOCK\r\n\"a \", TRUE\r\n"))
	f.Add([]byte(`[{"item":" a"}, {"item":"b","in_stock":false}]`))
	f.Fuzz(func(t *testing.T, file []byte) {
		c, err := Read(bytes.NewReader(file))
		if err != nil {
			return
		}
		if c.Len() > len(file) && !bytes.HasPrefix(file, []byte(gzipMagic)) {
			t.Fatalf("%d products in %d bytes", c.Len(), len(file))
		}
		var lines bytes.Buffer
		for _, p := range c.products {
			if p.Price == "" {
				p.Price = "-1" // JSON has no number for it
			}
			if err := json.NewEncoder(&lines).Encode(p); err != nil {
				t.Fatalf("%+v cannot be shown: %v", p, err)
			}
		}
		again, err := Read(bytes.NewReader(bytes.ReplaceAll(lines.Bytes(), []byte(`"price":-1,`), nil)))
		if err != nil || utf8.Valid(file) && !maps.Equal(again.products, c.products) {
			t.Fatalf("%+v, and again %+v, %v", c.products, again, err)
		}
	})
}
