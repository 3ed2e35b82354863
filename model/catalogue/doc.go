// Package catalogue reads what a shop sells, so that lists hold nothing else.
//
//	c, err := catalogue.Read(file)
//	m.Restrict(c.Sells)
//
// A catalogue is CSV with a header, has a JSON object per line, or is a JSON array of objects, which is found out from the first character; gzip
// or not, with a byte order mark or not. Names of columns are in any case, and space before fields of CSV is passed over. Each row is a product:
//
//	item      product code, as in the stream (required)
//	name      for people
//	category  category
//	price     a decimal number, kept as it is written
//	in_stock  true, false, 1 or 0; empty or absent is true
//
// Other columns are passed over. A product that is named again replaces what was said before. An error names the line.
//
// A file of which nothing is in stock is an error, too: a file that is just being written, or was emptied by mistake, would silence every
// recommendation.
package catalogue
