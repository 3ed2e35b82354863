package admin

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/sirupsen/logrus"
)

// guard lets requests in, and keeps the record of what they do.
type guard struct {
	next   http.Handler
	token  [sha256.Size]byte // of digests, so that comparing takes the same time for all lengths
	tokens bool              // a token is asked for
	tls    bool
	log    logrus.FieldLogger
}

func newGuard(c Config, next http.Handler, log logrus.FieldLogger) *guard {
	return &guard{next: next, token: sha256.Sum256([]byte(c.Token)), tokens: c.Token != "", tls: c.TLS != nil, log: log}
}

// ServeHTTP implements http.Handler.
func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if isProbe(r) {
		g.next.ServeHTTP(w, r)
		return
	}
	who, ok := g.identify(r)
	if !ok {
		g.turnAway(w, r)
		return
	}
	if !isAction(r) {
		g.next.ServeHTTP(w, r)
		return
	}
	began, seen, said := time.Now(), &statusWriter{ResponseWriter: w, status: http.StatusOK}, &notes{}
	defer func() { // also of one that panics
		took := time.Since(began).Milliseconds()
		g.record(r).WithFields(said.all()).WithFields(logrus.Fields{"who": who, "status": seen.status, "took_ms": took}).Log(levelOf(seen.status), "admin action")
	}()
	g.next.ServeHTTP(seen, r.WithContext(context.WithValue(r.Context(), notesKey{}, said)))
}

// levelOf is that of the record of an action with this status.
func levelOf(status int) logrus.Level {
	if status >= http.StatusBadRequest {
		return logrus.WarnLevel
	}
	return logrus.InfoLevel
}

// identify says who asks, and whether they may.
func (g *guard) identify(r *http.Request) (who string, ok bool) {
	if r.TLS != nil && len(r.TLS.VerifiedChains) > 0 {
		return "certificate " + r.TLS.PeerCertificates[0].Subject.CommonName, true
	}
	if g.tokens {
		return "token", g.hasToken(r)
	}
	return "loopback", !g.tls && loopback(hostOf(r)) && fromLoopback(r)
}

func (g *guard) hasToken(r *http.Request) bool {
	_, shown, basic := r.BasicAuth()
	if !basic {
		shown, _ = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	}
	sum := sha256.Sum256([]byte(shown))
	return subtle.ConstantTimeCompare(sum[:], g.token[:]) == 1
}

// turnAway answers who may not come in.
func (g *guard) turnAway(w http.ResponseWriter, r *http.Request) {
	status, text := http.StatusForbidden, "only for requests from this machine to a loopback address"
	switch {
	case g.tokens:
		status, text = http.StatusUnauthorized, "show the token as Authorization: Bearer, or as a password"
		w.Header().Set("WWW-Authenticate", `Basic realm="streamrec", charset="UTF-8"`)
	case g.tls:
		text = "show a certificate"
	}
	g.record(r).WithField("status", status).Warn("admin request turned away")
	http.Error(w, text, status)
}

// record begins a record of the log. Queries are left out: they may hold anything.
func (g *guard) record(r *http.Request) *logrus.Entry {
	return g.log.WithFields(logrus.Fields{"audit": true, "method": r.Method, "path": r.URL.Path, "remote": remote(r)})
}

func isProbe(r *http.Request) bool {
	return reads(r) && (r.URL.Path == "/livez" || r.URL.Path == "/readyz" || r.URL.Path == "/startupz")
}

// isAction reports whether a request changes something, or costs a profile.
func isAction(r *http.Request) bool {
	return !reads(r) || strings.HasPrefix(r.URL.Path, "/debug/pprof/") && r.URL.Path != "/debug/pprof/"
}

func reads(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

// hostOf is the host that the client believes to speak to.
func hostOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		return r.Host
	}
	return host
}

func fromLoopback(r *http.Request) bool { return loopback(remote(r)) }

// remote is the host that a request comes from.
func remote(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// statusWriter remembers the status.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the writer.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
