package serve

import (
	"context"
	"errors"
	"fmt"
	stdlog "log"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/sirupsen/logrus"
)

// closing is how long questions that are under way may take when the server ends.
const closing = 2 * time.Second

// Serve answers on a listener until ctx ends; then streams end first.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: stdlog.New(connectionLog{s.log}, "", 0),
	}
	over := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(over)
		s.ending.end()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
		defer cancel()
		if server.Shutdown(ctx) != nil {
			_ = server.Close() // whoever still waits has waited enough
		}
	})
	err := server.Serve(listener)
	if !stop() {
		<-over
	}
	if !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve questions: %w", err)
	}
	return nil
}

// Advertised returns under which address other workers reach a listener: the host and port that are given, or those that it listens on. A
// listener on all addresses is reached under the first one of this machine that is no loopback.
func Advertised(listener net.Listener, given string) string {
	host, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return listener.Addr().String()
	}
	if h, p, err := net.SplitHostPort(given); err == nil {
		return net.JoinHostPort(h, p)
	} else if given != "" {
		return net.JoinHostPort(strings.Trim(given, "[]"), port)
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = machine(host)
	}
	return net.JoinHostPort(host, port)
}

// machine returns an address of this machine, or what it is given when there is none.
func machine(otherwise string) string {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return otherwise
	}
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
			return n.IP.String()
		}
	}
	return otherwise
}

// connectionLog takes what net/http has to say about connections.
type connectionLog struct{ log logrus.FieldLogger }

// Write implements io.Writer.
func (c connectionLog) Write(text []byte) (int, error) {
	c.log.WithField("component", "http").Debug(strings.TrimSpace(string(text)))
	return len(text), nil
}
