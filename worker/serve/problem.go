package serve

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// problem is an answer that says why there is no other one (RFC 9457).
type problem struct {
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail,omitempty"`
	Parameter string `json:"parameter,omitempty"` // which one is wrong
	Worker    string `json:"worker,omitempty"`    // who says so
}

// Error implements error.
func (p *problem) Error() string { return p.Detail }

// wrong is a problem of one parameter.
func wrong(parameter, format string, args ...any) *problem {
	return &problem{Title: "the question is not understood", Status: http.StatusBadRequest, Parameter: parameter, Detail: fmt.Sprintf(format, args...)}
}

// retrySeconds is when to come back after something that passes.
const retrySeconds = "1"

// write sends the problem.
func (p *problem) write(w http.ResponseWriter) {
	body, err := json.Marshal(p)
	if err != nil { // strings and a number
		http.Error(w, p.Title, p.Status)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	if p.Status == http.StatusServiceUnavailable {
		h.Set("Retry-After", retrySeconds)
	}
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n')) // to who has gone
}
