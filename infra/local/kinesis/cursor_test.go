package kinesis

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

// skipAll consumes a whole document.
func skipAll(text string) error {
	c := &cursor{body: []byte(text)}
	if err := c.skip(0); err != nil {
		return err
	}
	return c.end()
}

func TestSkip(t *testing.T) {
	good := []string{
		`null`, ` true `, "\t\r\nfalse", `0`, `-0`, `12`, `-1.5`, `1e9`, `1E+9`, `1.25e-3`, `""`, `"a"`, `[]`, `[ ]`, `{}`, `{ }`, `[1,2 , 3]`,
		`{"a":1,"b":[{"c":null}]}`, `"\"\\\/\b\f\n\r\t\u00e9\uD83D\uDED2"`, `"0123456789abcdef0123456789abcdef"`, `"é漢字\u0000"`, `"\u007f"`,
		strings.Repeat("[", 100) + strings.Repeat("]", 100),
	}
	for _, text := range good {
		if err := skipAll(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	bad := []string{
		``, ` `, `nul`, `nulll`, `True`, `00`, `01`, `-`, `+1`, `.5`, `1.`, `1e`, `1e+`, `"`, `"a`, `"\"`, `"\x"`, `"\u12"`, `"\u12g4"`, `[`, `[1`, `[1,`, `[1,]`, `[,1]`, `[1 2]`,
		`{`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,}`, `{a:1}`, `{"a" 1}`, `{"a":1 "b":2}`, `{1:2}`, `]`, `}`, `1 2`, "\"\n\"", "\"01234567\n\"", "\"\x00\"", "\"a\xff\"", "\"\xc3\"",
		`"\ud83d"`, `"\ud83dx"`, `"\ud83d\u0041"`, `"\ude00"`, strings.Repeat("[", 102) + strings.Repeat("]", 102),
	}
	for _, text := range bad {
		if err := skipAll(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

func TestSkipDepth(t *testing.T) {
	if err := skipAll(strings.Repeat(`{"a":[`, 1_000_000)); !errors.Is(err, errTooDeep) {
		t.Errorf("%v", err)
	}
}

// TestTextFindsEverySpecialByte puts each byte at each place of a long string, so that the scan by groups of eight is tried
// with every lane.
func TestTextFindsEverySpecialByte(t *testing.T) {
	for b := range 256 {
		for at := range 24 {
			content := bytes.Repeat([]byte{'~'}, 24)
			content[at] = byte(b)
			document := append(append([]byte{'"'}, content...), '"')
			c := &cursor{body: bytes.Clone(document)}
			text, err := c.text()
			var want string
			valid := json.Valid(document) && utf8.Valid(document)
			if b == '"' {
				want, valid = string(content[:at]), true // ends the string early
			} else if valid {
				want = string(content)
			}
			if valid != (err == nil) || string(text) != want {
				t.Fatalf("byte %#x at %d: %q, %v; want %q, valid %v", b, at, text, err, want, valid)
			}
		}
	}
}

// FuzzCursor holds the cursor against encoding/json: the same documents are accepted and strings come out the same. Lone
// surrogates and invalid UTF-8, which encoding/json replaces, are refused here.
func FuzzCursor(f *testing.F) {
	for _, seed := range []string{`{"a":["b",1.5e3,null,true]}`, `"\ud83d\uded2 \u0041\/"`, `[[[]]]`, `"0123456789abcdef\\"`, "\"\xff\"", `"\ud800"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		err := skipAll(text)
		if errors.Is(err, errTooDeep) {
			return
		}
		if errors.Is(err, errUnicode) {
			if !json.Valid([]byte(text)) && utf8.ValidString(text) && !strings.Contains(text, `\u`) {
				t.Fatalf("%q is refused for its Unicode", text)
			}
			return
		}
		if valid := json.Valid([]byte(text)); valid != (err == nil) {
			t.Fatalf("%q: %v, encoding/json says %v", text, err, valid)
		}
		var want string
		if err != nil || json.Unmarshal([]byte(text), &want) != nil || !strings.HasPrefix(strings.TrimSpace(text), `"`) {
			return
		}
		got, err := (&cursor{body: []byte(text)}).text()
		if err != nil || string(got) != want {
			t.Fatalf("%q is %q, %v; want %q", text, got, err, want)
		}
	})
}
