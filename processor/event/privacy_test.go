package event

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPseudonyms(t *testing.T) {
	p := testPrivacy(t)
	d := NewDecoder(Options{Privacy: p})
	decode := func(value string) string {
		e := d.Decode(nil, recordOf(`{"session_id":"s","customer_number":`+value+`}`))[0]
		if e.KeyID != p.KeyID() || e.Err != nil || e.Extra != "" {
			t.Fatalf("%s: got %+v", value, e)
		}
		return e.CustomerID.Value
	}
	want := p.Pseudonym("412")
	if len(want) != 32 || strings.Trim(want, "0123456789abcdef") != "" {
		t.Fatalf("pseudonym %q is not 32 hex digits", want)
	}
	for _, same := range []string{`412`, `"412"`, `412.0`, `4.12e2`, `"4.12E+2"`, `"\u0034\u0031\u0032"`} {
		if got := decode(same); got != want || p.Pseudonym(strings.Trim(same, `"`)) != want && !strings.Contains(same, `\`) {
			t.Errorf("%s: got %s, want %s", same, got, want)
		}
	}
	seen := map[string]string{want: "412"}
	for _, other := range []string{`413`, `"0412"`, `"412 "`, `""`, `-412`, `412.5`, `"kunde"`, `9007199254740992`, `9007199254740993`} {
		got := decode(other)
		if seen[got] != "" {
			t.Errorf("%s has the pseudonym of %s", other, seen[got])
		}
		seen[got] = other
	}
	if e := d.Decode(nil, recordOf(`{"session_id":"s","customer_number":null}`))[0]; e.CustomerID.Valid {
		t.Errorf("null has the pseudonym %s", e.CustomerID.Value)
	}
}

func TestPseudonymsDifferByKey(t *testing.T) {
	a := testPrivacy(t)
	b, err := NewPrivacy(Key{1})
	if err != nil {
		t.Fatal(err)
	}
	if a.KeyID() == b.KeyID() || len(a.KeyID()) != 8 {
		t.Errorf("key ids are %s and %s", a.KeyID(), b.KeyID())
	}
	if a.Pseudonym("1") == b.Pseudonym("1") {
		t.Error("two keys give the same pseudonym")
	}
	if again := testPrivacy(t); again.KeyID() != a.KeyID() || again.Pseudonym("1") != a.Pseudonym("1") {
		t.Error("the same key gives another pseudonym or id")
	}
	// The derivation is part of the table's contract: pseudonyms of different releases have to join.
	if a.KeyID() != goldenKeyID || a.Pseudonym("412") != goldenPseudonym {
		t.Errorf("the derivation has changed: key id %s, pseudonym of 412 %s", a.KeyID(), a.Pseudonym("412"))
	}
}

// TestXAES uses the vectors of the C2SP specification of XAES-256-GCM.
func TestXAES(t *testing.T) {
	for _, test := range []struct {
		key  byte
		aad  string
		want string
	}{
		{1, "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"},
		{3, "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"},
	} {
		x, err := newXAES(bytes.Repeat([]byte{test.key}, 32))
		if err != nil {
			t.Fatal(err)
		}
		nonce := []byte("ABCDEFGHIJKLMNOPQRSTUVWX")
		got := x.derive(nonce).Seal(nil, nonce[12:], []byte("XAES-256-GCM"), []byte(test.aad))
		if hex.EncodeToString(got) != test.want {
			t.Errorf("key %d: got %x, want %s", test.key, got, test.want)
		}
	}
	if _, err := newXAES(make([]byte, 5)); err == nil {
		t.Error("a key of 5 bytes is accepted")
	}
}

func TestSealAndOpen(t *testing.T) {
	p := testPrivacy(t)
	for _, plain := range [][]byte{nil, []byte("x"), bytes.Repeat([]byte("raw"), 1<<20)} {
		sealed := p.Seal("seq/0/0", plain)
		if len(sealed) != len(plain)+SealOverhead {
			t.Errorf("%d bytes became %d", len(plain), len(sealed))
		}
		if got, err := p.Open(sealed); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("open: got %d bytes, %v; want %d", len(got), err, len(plain))
		}
		if !bytes.Equal(sealed, p.Seal("seq/0/0", plain)) {
			t.Error("sealing twice gives two values")
		}
		if bytes.Equal(sealed[1:], p.Seal("seq/0/1", plain)[1:]) {
			t.Error("equal values look equal in two contexts")
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	p := testPrivacy(t)
	sealed := p.Seal("c", []byte("secret"))
	for i := range sealed {
		damaged := bytes.Clone(sealed)
		damaged[i] ^= 1
		if _, err := p.Open(damaged); !errors.Is(err, ErrSealed) {
			t.Errorf("flipped bit in byte %d: %v", i, err)
		}
	}
	for n := range sealed {
		if _, err := p.Open(sealed[:n]); !errors.Is(err, ErrSealed) {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
	}
	other, err := NewPrivacy(Key{9})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Open(sealed); !errors.Is(err, ErrSealed) {
		t.Errorf("opened with another key: %v", err)
	}
}

// TestPrivacyHidesPersonalData looks for canaries in everything that leaves the decoder.
func TestPrivacyHidesPersonalData(t *testing.T) {
	const canary = "XCANARYX"
	p := testPrivacy(t)
	d := NewDecoder(Options{Privacy: p, ClearFields: []string{"utm", "customer_number", "_sealed", "city"}})
	aggregated, err := Aggregate([]UserRecord{{PartitionKey: "p", Data: []byte(canary)}})
	if err != nil {
		t.Fatal(err)
	}
	for _, payload := range []string{
		`{"session_id":"s","customer_number":"` + canary + `"}`,
		`{"session_id":"s","customer_number":["` + canary + `"]}`,
		`{"session_id":"s","city":["` + canary + `"]}`,
		`{"session_id":"s","_sealed":"` + canary + `"}`,
		`{"session_id":"s","utm":"ok","email":"` + canary + `"}`,
		`{"session_id":"s","` + canary + `":1}`,
		`{"session_id":"s","browse_history":[{"note":"` + canary + `","utm":1}]}`,
		canary, gzipped(canary), string(aggregated), "{\"x\":1}\n" + canary, aggregateMagic + canary, "\x1f\x8b" + canary,
	} {
		for _, e := range d.Decode(nil, recordOf(payload)) {
			if text := fmt.Sprintf("%+v %q %q", e, e.Raw, e.Extra); strings.Contains(text, canary) {
				t.Errorf("%.40q: the canary shows: %s", payload, text)
			}
			if e.Err != nil {
				if raw, err := p.Open(e.Raw); err != nil || !strings.Contains(payload+canary, string(raw[:min(2, len(raw))])) {
					t.Errorf("%.40q: raw opens as %q, %v", payload, raw, err)
				}
			}
		}
	}
}

func TestSealedExtra(t *testing.T) {
	p := testPrivacy(t)
	payload := `{"session_id":"s","utm":"mail","age":41,"city":7,"browse_history":[{"a":1},{"utm":2},{"a":1}]}`
	e := NewDecoder(Options{Privacy: p, ClearFields: []string{"utm"}}).Decode(nil, recordOf(payload))[0]
	if !strings.HasPrefix(e.Extra, `{"utm":"mail","_sealed":"`) {
		t.Errorf("extra is %s", e.Extra)
	}
	if e.History[1].Extra != `{"utm":2}` {
		t.Errorf("an extra of clear fields is sealed: %s", e.History[1].Extra)
	}
	if e.History[0].Extra == e.History[2].Extra {
		t.Error("equal extras of two entries look equal")
	}
	for _, test := range []struct{ extra, want string }{
		{e.Extra, `{"utm":"mail","age":41,"city":7}`},
		{e.History[0].Extra, `{"a":1}`},
		{e.History[1].Extra, `{"utm":2}`},
		{"", ""},
	} {
		if got, err := p.OpenExtra(test.extra); err != nil || got != test.want {
			t.Errorf("open %s: got %s, %v; want %s", test.extra, got, err, test.want)
		}
	}
	clear := decodeValid(t, payload)
	if clear.Extra != `{"utm":"mail","age":41,"city":7}` || clear.KeyID != "" {
		t.Errorf("without Privacy: extra %s, key id %q", clear.Extra, clear.KeyID)
	}
}

func TestOpenExtraRefuses(t *testing.T) {
	p := testPrivacy(t)
	for _, extra := range []string{
		"x", "[]", "{", "{}x", `{"_sealed":5}`, `{"_sealed":"%%"}`, `{"_sealed":"AAAA"}`,
		`{"_sealed":"` + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 60)) + `"}`,
	} {
		if got, err := p.OpenExtra(extra); err == nil {
			t.Errorf("%s opens as %s", extra, got)
		}
	}
}

func TestKeysDoNotPrint(t *testing.T) {
	key := Key(bytes.Repeat([]byte{0xab}, 32))
	p, err := NewPrivacy(key)
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
		text := fmt.Sprintf(format, key) + fmt.Sprintf(format, p) + fmt.Sprintf(format, struct{ K Key }{key}) + fmt.Sprintf(format, *p)
		for _, secret := range []string{"abab", "171", "0xab", hex.EncodeToString(p.mac[:4])} {
			if strings.Contains(strings.ToLower(text), secret) {
				t.Errorf("%s prints the key: %s", format, text)
			}
		}
	}
}

func TestParseKey(t *testing.T) {
	raw := bytes.Repeat([]byte{0xfb, 0xff}, 16)
	for _, text := range []string{
		hex.EncodeToString(raw), strings.ToUpper(hex.EncodeToString(raw)), " " + hex.EncodeToString(raw) + "\r\n",
		base64.StdEncoding.EncodeToString(raw), base64.RawStdEncoding.EncodeToString(raw),
		base64.URLEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw),
	} {
		if key, err := ParseKey(text); err != nil || key != Key(raw) {
			t.Errorf("ParseKey(%q): %v", text, err)
		}
	}
	for _, text := range []string{
		"", " \n", "secretsecret", hex.EncodeToString(raw[:31]), hex.EncodeToString(append(raw, 1)), strings.Repeat("z", 64),
		base64.StdEncoding.EncodeToString(raw[:30]), strings.Repeat("0", 64), "!!!!",
	} {
		_, err := ParseKey(text)
		if err == nil {
			t.Errorf("ParseKey(%q) succeeds", text)
		} else if len(text) > 4 && strings.Contains(err.Error(), text) {
			t.Errorf("the error repeats the text: %v", err)
		}
	}
}

func TestReadKeys(t *testing.T) {
	text := GenerateKey()
	if len(text) != 64 || text == GenerateKey() {
		t.Errorf("GenerateKey gives %d characters, or the same twice", len(text))
	}
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	fromFile, err := ReadKeyFile(path)
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"KEY": text, "BAD": "short"}
	lookup := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	fromEnv, err := KeyFromEnv(lookup, "KEY")
	if err != nil || fromEnv != fromFile {
		t.Errorf("file and environment differ: %v", err)
	}
	if _, err := KeyFromEnv(lookup, "NONE"); err == nil || !strings.Contains(err.Error(), "NONE is not set") {
		t.Errorf("unset variable: %v", err)
	}
	if _, err := KeyFromEnv(lookup, "BAD"); err == nil || !strings.Contains(err.Error(), "BAD") || strings.Contains(err.Error(), "short") {
		t.Errorf("bad variable: %v", err)
	}
	if _, err := ReadKeyFile(path + "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if err := os.WriteFile(path, []byte("bad"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadKeyFile(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("bad file: %v", err)
	}
}

// Computed with HKDF and HMAC of Python for the key of testPrivacy.
const (
	goldenKeyID     = "c4753388"
	goldenPseudonym = "f7bdee03870627ffa3b4e9b8982522c3"
)
