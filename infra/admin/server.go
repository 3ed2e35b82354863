package admin

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"net"
	"net/http"
	"net/http/pprof"
	"strings"
	"time"

	"github.com/sirupsen/logrus"
)

// Server is the admin plane of a process.
type Server struct {
	cfg      Config
	mux      *http.ServeMux
	methods  map[string]*methods // by path
	patience time.Duration       // for bodies
	most     int                 // requests at a time
	log      logrus.FieldLogger
	listener net.Listener
}

// New returns a server that does not listen yet, with the probes and the profiles.
func New(cfg Config, health Health, log logrus.FieldLogger) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, mux: http.NewServeMux(), methods: map[string]*methods{}, patience: bodyTimeout, most: atATime, log: log}
	health.register(s)
	s.Handle("GET /debug/pprof/", http.HandlerFunc(pprof.Index))
	s.mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	s.mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	s.mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	s.mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return s, nil
}

// Handle mounts a handler, with a pattern of http.ServeMux. It is called before Serve.
func (s *Server) Handle(pattern string, h http.Handler) {
	s.mux.Handle(pattern, h)
	method, path, ok := strings.Cut(pattern, " ")
	if !ok {
		return
	}
	if s.methods[path] == nil {
		s.methods[path] = &methods{}
		s.mux.Handle(path, s.methods[path])
	}
	s.methods[path].add(method)
}

// Handler returns all that is mounted, behind the guard.
func (s *Server) Handler() http.Handler {
	safe := http.NewCrossOriginProtection()
	return patient(newGuard(s.cfg, bounded(safe.Handler(s.mux), s.most), s.log), s.patience)
}

// Listen binds the address, and returns it with the port that it has.
func (s *Server) Listen(ctx context.Context) (address string, err error) {
	var lc net.ListenConfig
	if s.listener, err = lc.Listen(ctx, "tcp", s.cfg.Address); err != nil {
		return "", fmt.Errorf("admin server: %w", err)
	}
	return s.listener.Addr().String(), nil
}

// Serve answers requests until ctx ends. Streams that are under way end with it.
func (s *Server) Serve(ctx context.Context) error {
	server := &http.Server{
		Handler: s.Handler(), TLSConfig: s.cfg.TLS, BaseContext: func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: 5 * time.Second, WriteTimeout: writeTimeout, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: stdlog.New(errorLog{s.log}, "", 0),
	}
	end := context.AfterFunc(ctx, func() { _ = server.Close() }) // nobody waits for an operator
	defer end()
	listener := s.listener
	if s.cfg.TLS != nil {
		listener = tls.NewListener(listener, s.cfg.TLS)
	}
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("admin server: %w", err)
	}
	return nil
}

// errorLog takes what net/http has to say about connections: port scanners and probes make most of it.
type errorLog struct{ log logrus.FieldLogger }

var _ io.Writer = errorLog{}

// Write implements io.Writer.
func (e errorLog) Write(text []byte) (int, error) {
	e.log.WithField("component", "admin").Debug(string(text))
	return len(text), nil
}
