package weblog

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/scripts/eventfile"
)

// Kind is what a line is.
type Kind uint8

// The kinds.
const (
	Other     Kind = iota // of the system, or a request that is no activity
	Activity              // of a shopper
	Bot                   // a request that would be activity, of a robot
	Malformed             // nothing that can be read
)

// Record is the record of an activity.
type Record struct {
	Key     string // partition key: the session
	Payload []byte // belongs to the receiver
}

// Reader reads the lines of one log. It is not safe for concurrent use.
type Reader struct {
	rules *Rules
	lines *eventfile.LineReader
	salt  []byte
}

// NewReader returns a reader. foreign reads the formats of JSON lines that workers read; nil reads the native one. salt is a secret of the log.
func NewReader(rules *Rules, foreign event.Foreign, salt string) *Reader {
	return &Reader{rules: rules, lines: eventfile.NewLineReader(foreign), salt: []byte(salt)}
}

// Read says what a line is, and its record if it is an activity. id names the line. The error of a malformed one does not quote it.
func (r *Reader) Read(line []byte, id string) (Record, Kind, error) {
	line = bytes.TrimSpace(line)
	switch {
	case len(line) == 0:
		return Record{}, Other, nil
	case !utf8.Valid(line):
		return Record{}, Malformed, errors.New("not UTF-8")
	case line[0] == '{':
		return r.readJSON(line, id)
	}
	q, ok := parseCombined(string(line))
	if !ok {
		return Record{}, Malformed, errors.New("neither JSON nor in the combined log format")
	}
	return r.readRequest(&q, id)
}

func (r *Reader) readJSON(line []byte, id string) (Record, Kind, error) {
	var object map[string]any
	if len(r.rules.drop)+len(r.rules.keep) > 0 {
		if object = parse(line); object == nil {
			return Record{}, Malformed, errors.New("not a JSON object")
		}
		matches := func(t test) bool { return t.matches(object) }
		if slices.ContainsFunc(r.rules.drop, matches) || len(r.rules.keep) > 0 && !slices.ContainsFunc(r.rules.keep, matches) {
			return Record{}, Other, nil
		}
	}
	e, err := r.lines.Read(line)
	if err == nil && e.Shopping {
		return Record{e.Session, withID(line, e.ID, id)}, Activity, nil
	}
	if object == nil {
		if object = parse(line); object == nil {
			return Record{}, Malformed, errors.New("not a JSON object")
		}
	}
	if q, ok := r.rules.request(object); ok {
		return r.readRequest(&q, id)
	}
	if fault, ok := errors.AsType[*event.Error](err); err == nil || ok && fault.Class == event.NoSession {
		return Record{}, Other, nil
	}
	return Record{}, Malformed, err // an activity that workers could not read
}

// parse reads an object, nil if the line is none.
func parse(line []byte) (object map[string]any) {
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if d.Decode(&object) != nil || d.More() {
		return nil
	}
	return object
}

// withID is the line with the id behind its first brace, unless it has one.
func withID(line []byte, own, id string) []byte {
	if own != "" {
		return bytes.Clone(line)
	}
	rest := bytes.TrimLeft(line[1:], " \t\r\n")
	out := make([]byte, 0, len(line)+len(id)+len(`"event_id":"",`))
	out = append(out, `{"event_id":"`...)
	out = append(out, id...)
	out = append(out, '"')
	if len(rest) > 0 && rest[0] != '}' {
		out = append(out, ',')
	}
	return append(out, line[1:]...)
}

func (r *Reader) readRequest(q *request, id string) (Record, Kind, error) {
	rules := r.rules
	if len(rules.methods) > 0 && !slices.Contains(rules.methods, q.method) || !rules.accepts(q.status) {
		return Record{}, Other, nil
	}
	segments, query, ok := q.split()
	if !ok {
		return Record{}, Other, nil
	}
	for i := range rules.routes {
		fields := rules.routes[i].match(segments, query)
		if fields == nil {
			continue
		}
		if rules.isBot(q.agent) {
			return Record{}, Bot, nil
		}
		session := r.session(q, query)
		if session == "" || utf8.RuneCountInString(session) > maxKey {
			return Record{}, Malformed, errors.New("the request of a shopper without a usable session")
		}
		return Record{session, native(q, session, id, rules.routes[i].event, "/"+strings.Join(segments, "/"), fields)}, Activity, nil
	}
	return Record{}, Other, nil
}

// maxKey is the longest partition key in Unicode characters.
const maxKey = 256

func (r *Rules) accepts(status int) bool {
	return r.exact[status] || status >= 100 && status < 600 && r.status[status/100]
}

func (r *Rules) isBot(agent string) bool {
	agent = strings.ToLower(agent)
	return slices.ContainsFunc(r.bots, func(b string) bool { return strings.Contains(agent, b) })
}

// match gives what a URL tells of a step, nil when it is another URL.
func (t *route) match(segments []string, query url.Values) map[string]string {
	want := t.segments
	if n := len(want); want[n-1] == "**" {
		want = want[:n-1]
		segments = segments[:min(len(segments), len(want))]
	}
	if len(want) != len(segments) {
		return nil
	}
	fields := map[string]string{}
	for i, s := range want {
		if name, ok := capture(s); ok {
			fields[name] = segments[i]
		} else if s != segments[i] {
			return nil
		}
	}
	for parameter, field := range t.query {
		if v := query.Get(parameter); v != "" {
			fields[field] = v
		}
	}
	if code := fields["product_code"]; code == "" || len(code) > maxKey || !utf8.ValidString(code) {
		return nil
	}
	return fields
}

// session is that of a request, empty when there is none.
func (r *Reader) session(q *request, query url.Values) (session string) {
	for _, s := range r.rules.sessions {
		switch s.kind {
		case "cookie":
			session = q.cookie(s.name)
		case "query":
			session = query.Get(s.name)
		case "field":
			session = q.fields[s.name]
		case "client":
			session = r.client(q)
		}
		if session = strings.TrimSpace(session); session != "" && session != "-" && utf8.ValidString(session) {
			return session
		}
	}
	return ""
}

// client names the requests of one address and agent.
func (r *Reader) client(q *request) string {
	if q.client == "" {
		return ""
	}
	mac := hmac.New(sha256.New, r.salt)
	mac.Write([]byte(q.client + "\x00" + q.agent))
	return "v-" + hex.EncodeToString(mac.Sum(nil)[:12])
}

// native is a request as a record.
func native(q *request, session, id, kind, path string, fields map[string]string) []byte {
	step := map[string]any{"event": kind, "in_shopping_cart": kind != "view"}
	for name, v := range fields {
		if name != "*" {
			step[name] = strings.ToValidUTF8(v, "\ufffd")
		}
	}
	record := map[string]any{"session_id": session, "event_id": id, "browse_history": []any{step}, "path": strings.ToValidUTF8(path, "\ufffd"), "status": q.status}
	if !q.time.IsZero() {
		record["event_time"] = q.time.Format(time.RFC3339Nano)
	}
	for name, v := range map[string]string{"customer_number": q.user, "referrer": q.referrer, "user_agent": q.agent} {
		if v != "" {
			record[name] = strings.ToValidUTF8(v, "\ufffd")
		}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(record); err != nil {
		panic(err) // strings and numbers always marshal
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
