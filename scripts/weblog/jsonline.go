package weblog

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// requestNames are the fields in which servers that log JSON have the parts of a request, unless the rules say otherwise.
var requestNames = map[string][]string{
	"request":  {"request"},
	"method":   {"method", "request_method"},
	"target":   {"request_uri", "uri", "url", "path", "target"},
	"query":    {"args", "query_string", "query"},
	"status":   {"status", "status_code", "response_code"},
	"time":     {"time_iso8601", "time", "timestamp", "@timestamp", "time_local", "ts", "msec"},
	"agent":    {"http_user_agent", "user_agent", "agent"},
	"referrer": {"http_referer", "referer", "referrer"},
	"client":   {"remote_addr", "client_ip", "client", "ip"},
	"user":     {"remote_user", "user"},
	"cookies":  {"http_cookie", "cookie", "cookies"},
}

// flatten gives the scalars of an object by name.
func flatten(object map[string]any) map[string]string {
	fields := make(map[string]string, len(object))
	for name, v := range object {
		if text, ok := scalar(v); ok {
			fields[name] = text
		}
	}
	return fields
}

func scalar(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	default:
		return "", false
	}
}

// matches reports whether a test is true of an object.
func (t *test) matches(object map[string]any) bool {
	var v any = object
	for _, name := range t.path {
		inner, ok := v.(map[string]any)
		if !ok {
			return false
		}
		if v, ok = inner[name]; !ok {
			return false
		}
	}
	if t.in == nil {
		return v != nil
	}
	text, ok := scalar(v)
	return ok && t.in[text]
}

// request is the request of which an object tells, if it tells of one.
func (r *Rules) request(object map[string]any) (q request, ok bool) {
	q.fields = flatten(object)
	pick := func(part string) string {
		for _, name := range r.names[part] {
			if v := q.fields[name]; v != "" {
				return v
			}
		}
		return ""
	}
	if q.method, q.target = parseRequestLine(pick("request")); q.method == "" {
		q.method, q.target = pick("method"), pick("target")
	}
	status, err := strconv.Atoi(pick("status"))
	if err != nil || q.target == "" || !strings.Contains(q.target, "/") {
		return q, false
	}
	if args := pick("query"); args != "" && !strings.Contains(q.target, "?") {
		q.target += "?" + strings.TrimPrefix(args, "?")
	}
	q.status, q.agent, q.referrer, q.client = status, unlessDash(pick("agent")), unlessDash(pick("referrer")), pick("client")
	q.user, q.cookies = unlessDash(pick("user")), unlessDash(pick("cookies"))
	q.time = anyTime(pick("time"))
	return q, true
}

// anyTime reads a time in one of the forms that servers write.
func anyTime(text string) time.Time {
	if t, ok := parseTime(text, time.RFC3339Nano, combinedTime, "2006-01-02T15:04:05.999999999Z0700"); ok {
		return t
	}
	if seconds, err := strconv.ParseFloat(text, 64); err == nil && seconds > 0 && seconds < 1e14 {
		if seconds >= 1e11 {
			seconds /= 1000
		}
		return time.UnixMicro(int64(seconds * 1e6)).UTC()
	}
	return time.Time{}
}
