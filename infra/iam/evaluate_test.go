package iam

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true},
		{"", "a", false},
		{"*", "", true},
		{"*", "a/b:c", true},
		{"a", "a", true},
		{"a", "b", false},
		{"a", "ab", false},
		{"a*", "ab/c", true},
		{"*a", "ba", true},
		{"*a", "ab", false},
		{"a*b*c", "a1b2b3c", true},
		{"a*b*c", "a1c", false},
		{"a?c", "abc", true},
		{"a?c", "ac", false},
		{"**", "x", true},
		{"gen=*", "gen=1/dt=2026", true},
		{"gen=*/x", "gen=1/y/x", true},
		{"gen=*", "_log/gen=1", false},
	} {
		if got := glob(c.pattern, c.text); got != c.want {
			t.Errorf("glob(%q, %q) = %v", c.pattern, c.text, got)
		}
	}
}

// TestJudge has a policy with all that is understood.
func TestJudge(t *testing.T) {
	p, err := Parse(`{"Version":"2012-10-17","Statement":[
		{"Sid":"a","Effect":"Allow","Action":"s3:Get*","Resource":"arn:b/*"},
		{"Sid":"d","Effect":"Deny","Action":"s3:*","Resource":["arn:b/secret/*","arn:c"]},
		{"Sid":"n","Effect":"Allow","Action":["s3:PutObject"],"NotResource":"arn:b/x","Condition":{"Null":{"k":"false"}}},
		{"Sid":"all","Effect":"Allow","Action":"t:Do","Resource":"*","Condition":{"ForAllValues:StringEquals":{"l":["1","2"]},"StringLikeIfExists":{"p":"q/*"}}},
		{"Sid":"eq","Effect":"Allow","Action":"t:Eq","Resource":"*","Condition":{"StringEquals":{"l":"1"},"Bool":{"tls":"true"}}}]}`)
	if err != nil {
		t.Fatal(err)
	}
	with := func(pairs ...string) map[string][]string {
		context := map[string][]string{}
		for i := 0; i < len(pairs); i += 2 {
			context[pairs[i]] = append(context[pairs[i]], pairs[i+1])
		}
		return context
	}
	for _, c := range []struct {
		action, resource string
		context          map[string][]string
		by               string // empty: no statement; d denies
	}{
		{"s3:GetObject", "arn:b/x", nil, "a"},
		{"S3:getobject", "arn:b/x", nil, "a"},
		{"s3:GetObject", "arn:b", nil, ""},
		{"s3:ListBucket", "arn:b/x", nil, ""},
		{"s3:GetObject", "arn:b/secret/x", nil, "d"},
		{"s3:PutObject", "arn:c", with("k", "*"), "d"},
		{"s3:PutObject", "arn:b/y", with("k", "*"), "n"},
		{"s3:PutObject", "arn:b/y", nil, ""},
		{"s3:PutObject", "arn:b/x", with("k", "*"), ""},
		{"t:Do", "", nil, "all"},
		{"t:Do", "", with("l", "1", "l", "2"), "all"},
		{"t:Do", "", with("l", "1", "l", "3"), ""},
		{"t:Do", "", with("p", "q/r"), "all"},
		{"t:Do", "", with("p", "r"), ""},
		{"t:Eq", "", with("l", "1", "tls", "true"), "eq"},
		{"t:Eq", "", with("tls", "true"), ""},
		{"t:Eq", "", with("l", "1", "tls", "false"), ""},
	} {
		v := Judge([]*Policy{p}, Request{c.action, c.resource, c.context})
		if v.By != c.by || v.Allowed != (c.by != "" && c.by != "d") {
			t.Errorf("%s on %q with %v: %+v, want %q", c.action, c.resource, c.context, v, c.by)
		}
	}
}

func TestWhatIsNotUnderstoodIsRefused(t *testing.T) {
	for _, text := range []string{
		`{`, `{"Version":"2008-10-17","Statement":[]}`, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"a:b"}]}`,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Maybe","Action":"a:b","Resource":"*"}]}`,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":"a:b","Resource":"*"}]}`,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"IpAddress":{"k":"v"}}}]}`,
	} {
		if p, err := Parse(text); err == nil {
			t.Errorf("%s: %+v", text, p)
		}
	}
}

// TestGuardHidesWhatIsNotThere holds that a role which must not list learns nothing from a 404, as on S3.
func TestGuardHidesWhatIsNotThere(t *testing.T) {
	g, err := NewGuard(testNames)
	if err != nil {
		t.Fatal(err)
	}
	h := g.Wrap(http.NotFoundHandler())
	get := func(role string) int {
		r := httptest.NewRequest("GET", "http://127.0.0.1/shop-log/events/gen=1/x", nil)
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+role+"/20261126/us-east-1/s3/aws4_request")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	if got := get("reader"); got != 404 {
		t.Errorf("a reader, who may list, gets %d", got)
	}
	for i := range g.policies["reader"] {
		p := g.policies["reader"][i]
		for s := range p.Statement {
			p.Statement[s].Action = List(strings.Split(strings.ReplaceAll(strings.Join(p.Statement[s].Action, " "), "s3:ListBucket", "s3:None"), " "))
		}
	}
	if got := get("reader"); got != 403 {
		t.Errorf("a reader who may not list gets %d", got)
	}
	if got := get("producer"); got != 403 {
		t.Errorf("a producer gets %d", got)
	}
	if got := get("administrator"); got != 404 {
		t.Errorf("somebody without a role gets %d", got)
	}
}

func TestRoleOf(t *testing.T) {
	for key, want := range map[string]string{"worker": "worker", "WORKER-1": "worker", "FOUNDERA": "founder", "administrator": "", "": "", "work": "", "reader": "reader"} {
		if got := RoleOf(key); got != want {
			t.Errorf("%q is %q, want %q", key, got, want)
		}
	}
}
