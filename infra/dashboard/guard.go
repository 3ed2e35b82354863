package dashboard

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// contentPolicy lets the page have scripts, styles, pictures and data of this server and nothing else.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// guarded sets the headers that keep foreign pages and contents out.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		if strings.EqualFold(r.Header.Get("Sec-Fetch-Site"), "cross-site") && r.URL.Path != "/" {
			http.Error(w, "this is for the dashboard's own page", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// writeHeader is a header that only scripts of the same origin can set without being asked for permission first.
const writeHeader = "X-Streamrec-Dashboard"

// refusal says why a write is not accepted; empty: it is.
func refusal(r *http.Request, anyHost bool) string {
	switch {
	case !anyHost && !isNoName(r.Host):
		return "the dashboard does not accept writes under this host name: use an IP address or localhost"
	case r.Header.Get(writeHeader) == "":
		return "the header " + writeHeader + " is missing"
	case !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json"):
		return "the body must be application/json"
	case http.NewCrossOriginProtection().Check(r) != nil:
		return "writes from other origins are not accepted"
	}
	return ""
}

// isNoName reports whether a host is an IP address or localhost: nobody can make that point elsewhere.
func isNoName(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	if _, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return true
	}
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}
