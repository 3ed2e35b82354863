package chart

import (
	"bytes"
	"regexp"
	"strconv"
)

var (
	decimals = regexp.MustCompile(`-?\d+\.\d+`)
	onePath  = regexp.MustCompile(`^<path d="([^"]*)" style="([^"]*)" />\n$`)
)

// slim makes an SVG smaller: numbers in paths have one decimal, a tenth of a point, and paths of one look that follow each other are one.
func slim(svg []byte) []byte {
	var b bytes.Buffer
	look := []byte(nil) // of the path that has not been ended yet
	end := func() {
		if look != nil {
			b.WriteString(`" style="` + string(look) + "\" />\n")
		}
		look = nil
	}
	for line := range bytes.Lines(svg) {
		path := onePath.FindSubmatch(line)
		if path == nil {
			end()
			b.Write(line)
			continue
		}
		if look == nil || !bytes.Equal(look, path[2]) {
			end()
			b.WriteString(`<path d="`)
			look = path[2]
		}
		b.Write(decimals.ReplaceAllFunc(path[1], oneDecimal))
	}
	end()
	return b.Bytes()
}

func oneDecimal(number []byte) []byte {
	v, err := strconv.ParseFloat(string(number), 64)
	if err != nil {
		return number
	}
	return bytes.TrimSuffix(strconv.AppendFloat(nil, v, 'f', 1, 64), []byte(".0"))
}
