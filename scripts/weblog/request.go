package weblog

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// request is what a log says of one.
type request struct {
	method, target  string // target is the path with the query
	status          int
	time            time.Time // zero when it is not known
	agent, referrer string
	client, user    string
	cookies         string            // the header Cookie, or one NAME=value
	fields          map[string]string // of a JSON line
}

// combinedTime is how the combined format writes times.
const combinedTime = "02/Jan/2006:15:04:05 -0700"

// parseCombined reads a line of the common or combined log format; what follows may be cookies in quotes.
//
//	client ident user [time] "METHOD target protocol" status bytes "referrer" "agent" "cookies"
func parseCombined(line string) (q request, ok bool) {
	var ident, line1, status, size string
	rest := line
	for _, part := range []*string{&q.client, &ident, &q.user} {
		if *part, rest, ok = word(rest); !ok {
			return q, false
		}
	}
	at, rest, ok := bracketed(rest)
	if !ok {
		return q, false
	}
	if q.time, ok = parseTime(at, combinedTime); !ok {
		return q, false
	}
	if line1, rest, ok = quoted(rest); !ok {
		return q, false
	}
	if status, rest, ok = word(rest); !ok {
		return q, false
	}
	var err error
	if q.status, err = strconv.Atoi(status); err != nil {
		return q, false
	}
	if size, rest, ok = word(rest); !ok || size != "-" && !isDigits(size) {
		return q, false
	}
	q.method, q.target = parseRequestLine(line1)
	for _, part := range []*string{&q.referrer, &q.agent, &q.cookies} {
		if *part, rest, ok = quoted(rest); !ok {
			break // the common format, or no cookies
		}
	}
	q.user = unlessDash(q.user)
	q.referrer, q.agent, q.cookies = unlessDash(q.referrer), unlessDash(q.agent), unlessDash(q.cookies)
	return q, true
}

func unlessDash(s string) string {
	if s == "-" {
		return ""
	}
	return s
}

// parseRequestLine takes GET /x HTTP/1.1 apart. What is none has no method.
func parseRequestLine(line string) (method, target string) {
	method, rest, ok := strings.Cut(line, " ")
	if !ok {
		return "", ""
	}
	target, _, _ = strings.Cut(rest, " ")
	return method, target
}

func parseTime(text string, layouts ...string) (time.Time, bool) {
	for _, layout := range layouts {
		if t, err := time.Parse(layout, text); err == nil && t.Year() > 1970 && t.Year() < 9999 {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

func word(s string) (first, rest string, ok bool) {
	first, rest, _ = strings.Cut(strings.TrimLeft(s, " "), " ")
	return first, rest, first != ""
}

func bracketed(s string) (inner, rest string, ok bool) {
	s = strings.TrimLeft(s, " ")
	if !strings.HasPrefix(s, "[") {
		return "", s, false
	}
	inner, rest, ok = strings.Cut(s[1:], "]")
	return inner, rest, ok
}

// quoted reads a text in quotes, in which servers write \" and \\, and bytes as \xHH.
func quoted(s string) (text, rest string, ok bool) {
	s = strings.TrimLeft(s, " ")
	if !strings.HasPrefix(s, `"`) {
		return "", s, false
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return unescape(s[1:i]), s[i+1:], true
		}
	}
	return "", s, false
}

func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		if s[i] == 'x' && i+2 < len(s) {
			if v, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(v))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// cookie is the value of a cookie, empty when there is none.
func (q *request) cookie(name string) string {
	for part := range strings.SplitSeq(q.cookies, ";") {
		if key, value, ok := strings.Cut(strings.TrimSpace(part), "="); ok && key == name {
			return strings.Trim(value, `"`)
		}
	}
	return q.fields["cookie_"+name]
}

// split takes the target apart.
func (q *request) split() (segments []string, query url.Values, ok bool) {
	target := q.target
	if len(target) > maxTarget {
		return nil, nil, false
	}
	path, raw, _ := strings.Cut(target, "?")
	raw, _, _ = strings.Cut(raw, "#")
	if _, after, absolute := strings.Cut(path, "://"); absolute {
		_, path, _ = strings.Cut(after, "/")
	}
	query, _ = url.ParseQuery(raw) // what cannot be read is left out
	for segment := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		segment, err := url.PathUnescape(segment)
		if err != nil {
			return nil, nil, false
		}
		segments = append(segments, segment)
	}
	return segments, query, true
}

// maxTarget is how long a URL may be.
const maxTarget = 16 << 10
