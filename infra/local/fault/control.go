package fault

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
)

// Path is where [Script.Control] expects to be mounted, with everything below it. No bucket can have such a name.
const Path = "/_faults"

// maxRule bounds a rule that comes over HTTP, in bytes.
const maxRule = 64 << 10

// Status is a rule in force, as the HTTP interface shows it.
type Status struct {
	ID    int  `json:"id"`
	Rule  Rule `json:"rule"`
	Calls int  `json:"calls"`
	Hits  int  `json:"hits"`
}

// Control serves the script over HTTP: POST a rule, GET the rules, DELETE one or all. Whoever reaches it can break the
// services at will.
func (s *Script) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+Path, s.post)
	mux.HandleFunc("GET "+Path, s.get)
	mux.HandleFunc("DELETE "+Path, func(w http.ResponseWriter, _ *http.Request) {
		s.Clear()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("DELETE "+Path+"/{id}", s.delete)
	return mux
}

func (s *Script) post(w http.ResponseWriter, r *http.Request) {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRule))
	decoder.DisallowUnknownFields()
	var rule Rule
	err := decoder.Decode(&rule)
	if err == nil {
		if _, more := decoder.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("more than one rule")
		}
	}
	if err == nil {
		err = rule.Validate()
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	writeJSON(w, http.StatusCreated, s.Add(rule).status())
}

func (s *Script) get(w http.ResponseWriter, _ *http.Request) {
	rules := []Status{}
	for _, h := range s.list() {
		rules = append(rules, h.status())
	}
	writeJSON(w, http.StatusOK, rules)
}

func (s *Script) delete(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.Atoi(r.PathValue("id"))
	for _, h := range s.list() {
		if err == nil && h.id == id {
			h.Remove()
			w.WriteHeader(http.StatusNoContent)
			return
		}
	}
	http.NotFound(w, r)
}

func (h *Handle) status() Status {
	h.script.mu.Lock()
	defer h.script.mu.Unlock()
	return Status{ID: h.id, Rule: h.rule, Calls: h.calls, Hits: h.hits}
}

// writeJSON answers; a client that has gone needs no answer.
func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}
