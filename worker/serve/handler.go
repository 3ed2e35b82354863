package serve

import (
	"net/http"
	gopath "path"
	"strconv"
	"strings"
	"time"

	"github.com/streamrec/streamrec/processor/event"
)

// Handle mounts something that workers ask each other beside the questions, with a pattern of http.ServeMux. It is called before Handler and Serve.
func (s *Server) Handle(pattern string, h http.Handler) { s.beside[pattern] = h }

// missing is the answer under paths where there is nothing.
var missing = problem{
	Title: "there is nothing here", Status: http.StatusNotFound,
	Detail: "there are GET /v1/recommendations, /v1/items/{code}/similar and /v1/sessions/{id}/recommendations/stream; no part of a path is empty",
}

// Handler returns everything that the server answers.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, h := range s.beside {
		mux.Handle(pattern, h)
	}
	mux.HandleFunc("GET /v1/recommendations", s.serveRecommendations)
	mux.HandleFunc("GET /v1/items/{code}/similar", s.serveSimilar)
	mux.HandleFunc("GET /v1/sessions/{id}/recommendations/stream", s.serveStream)
	mux.HandleFunc("GET /v1/ready", s.serveReady)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		p := missing
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			p = problem{Title: "this is only for reading", Status: http.StatusMethodNotAllowed, Detail: "use GET"}
			w.Header().Set("Allow", "GET, HEAD")
		}
		p.write(w)
	})
	return s.limited(mux)
}

// limited refuses bodies, and panics are problems of one request.
func (s *Server) limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if r.ContentLength != 0 {
			w.Header().Set("Connection", "close") // nobody reads what is still to come, but net/http: for a while, where there is a connection
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(closing))
			(&problem{Title: "a question has no body", Status: http.StatusBadRequest}).write(w)
			return
		}
		if path := r.URL.EscapedPath(); cleaned(path) != path { // http.ServeMux would redirect to what may not be there
			missing.write(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// cleaned is a path without empty parts and dots, as http.ServeMux wants it.
func cleaned(path string) string {
	clean := gopath.Clean("/" + path)
	if strings.HasSuffix(path, "/") && clean != "/" {
		clean += "/"
	}
	return clean
}

func (s *Server) serveRecommendations(w http.ResponseWriter, r *http.Request) {
	s.serve(w, r, func(q *question) *problem {
		switch {
		case q.session == "" && len(q.items) == 0:
			return wrong("", "name a session_id, or items")
		case q.session != "" && len(q.items) > 0:
			return wrong("items", "and session_id exclude each other")
		}
		return nil
	})
}

func (s *Server) serveSimilar(w http.ResponseWriter, r *http.Request) {
	s.serve(w, r, func(q *question) *problem {
		if q.session != "" || len(q.items) > 0 {
			return wrong("", "the path names the item: session_id and items have no place here")
		}
		q.similar = true
		return q.add("item", []string{r.PathValue("code")})
	})
}

// understand reads a question; complete checks and adds what the path says.
func (s *Server) understand(r *http.Request, complete func(*question) *problem) (*question, *problem) {
	parsed, p := parse(r.URL.RawQuery)
	if p != nil {
		return nil, p
	}
	q := &question{request: parsed, uri: r.URL.RequestURI(), hop: r.Header.Get(hopHeader)}
	if p := complete(q); p != nil {
		return nil, p
	}
	if q.session != "" {
		q.key = event.HashOf(q.session)
	}
	q.ask, p = q.question(s.cfg.Products)
	return q, p
}

// serve answers one question.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, complete func(*question) *problem) {
	began := time.Now()
	way := "problem"
	defer func() { s.cfg.Observe(Observation{Way: way, Took: time.Since(began)}) }()
	if s.questions.Add(1) > int64(s.cfg.Questions) {
		s.questions.Add(-1)
		unavailable("too many questions at a time").write(w)
		return
	}
	defer s.questions.Add(-1)
	q, p := s.understand(r, complete)
	if p != nil {
		p.write(w)
		return
	}
	_ = http.NewResponseController(w).SetWriteDeadline(began.Add(10 * time.Second)) // not where there is no connection
	body, err := s.answer(r.Context(), q)
	if err != nil {
		asProblem(err).write(w)
		return
	}
	way = q.ways
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	if way == "forwarded" {
		h.Set("Streamrec-Forwarded-By", s.fleet.ID())
	}
	body = append(body, '\n')
	h.Set("Content-Length", strconv.Itoa(len(body))) // or what is longer than 2 KiB goes in chunks
	_, _ = w.Write(body)                             // to who has gone
}

// serveReady is for load balancers.
func (s *Server) serveReady(w http.ResponseWriter, _ *http.Request) {
	if err := s.cfg.Ready(); err != nil {
		unavailable(err.Error()).write(w)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte("{\"ready\":true}\n")) // to who has gone
}
