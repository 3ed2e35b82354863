package weblog

import (
	"bytes"
	"testing"
)

// FuzzParse reads rules files. Whatever the rules, a line is dropped or becomes a record of its session that can be decoded.
func FuzzParse(f *testing.F) {
	f.Add(shopRules)
	f.Add([]byte(`{"session":["query:sid","cookie:sid","client"],"status":["2xx","304"],"activity":[{"path":"/{product_code}/**","query":{"q":"quantity"},"event":"cart"}],` +
		`"json":{"keep":[{"field":"a.b","in":["x"]}],"drop":[{"field":"type","in":["metric"]}],"names":{"status":["code"]}}}`))
	f.Add([]byte(`{"session":["field:1"],"activity":[{"path":"/","query":{"p":"product_code","":"price"},"event":"view"}]} {}`))
	f.Add([]byte(`{"json":{"keep":[{"field":"."}]}}`))
	lines := []string{
		`203.0.113.7 - - [23/Nov/2026:09:30:00 +0000] "GET /product/S18?sid=s&q=2&p=P HTTP/1.1" 200 512 "-" "Mozilla" "sid=s-1" "x"`,
		`{"request":"GET /product/P1?sid=s HTTP/1.1","status":200,"code":"200","cookie_sid":"s","ts":"1e9","a":{"b":"x"},"type":"metric"}`,
		`{"session_id":"s","browse_history":[{"product_code":"P"}]}`,
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		rules, err := Parse(file)
		if err != nil {
			return
		}
		again, err := Parse(bytes.TrimSpace(file))
		if err != nil {
			t.Fatalf("%q is read, and not without the space around it: %v", file, err)
		}
		for _, line := range lines {
			rec, kind, _ := newTestReader(t, rules).Read([]byte(line), "id")
			if _, same, _ := newTestReader(t, again).Read([]byte(line), "id"); same != kind {
				t.Fatalf("%q: %s is %v, and again %v", file, line, kind, same)
			}
			if kind != Activity {
				continue
			}
			if e := decode(t, rec); e.SessionID != rec.Key || rec.Key == "" {
				t.Fatalf("%q: key %q, session %q of %s", file, rec.Key, e.SessionID, rec.Payload)
			}
		}
	})
}
