package local

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"strings"
	"time"
)

// Serve answers HTTP/1.1 and unencrypted HTTP/2 on a listener until ctx ends, which is not an error. It then lets requests
// finish for Options.StopGrace, cuts what is left, and returns when nothing runs any more. The listener is closed.
func (l *Local) Serve(ctx context.Context, listener net.Listener) error {
	requests, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	server := &http.Server{
		Handler:           l.handler,
		Protocols:         protocols(),
		BaseContext:       func(net.Listener) context.Context { return requests },
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          log.New(serverLog{l}, "", 0),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	err := l.stop(context.WithoutCancel(ctx), server, cut)
	if ended := <-ended; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, fmt.Errorf("serve: %w", ended))
	}
	return err
}

// stop ends a server. Streams that a client holds open for minutes (SubscribeToShard) do not end by themselves.
func (l *Local) stop(ctx context.Context, server *http.Server, cut context.CancelFunc) error {
	patience, cancel := context.WithTimeout(ctx, l.options.StopGrace)
	defer cancel()
	err := server.Shutdown(patience)
	if errors.Is(err, context.DeadlineExceeded) {
		cut()
		err = server.Close()
	}
	if err != nil {
		return fmt.Errorf("stop serving: %w", err)
	}
	return nil
}

// protocols are those that SDKs speak without TLS: the JavaScript SDK speaks HTTP/2 to Kinesis.
func protocols() *http.Protocols {
	p := &http.Protocols{}
	p.SetHTTP1(true)
	p.SetUnencryptedHTTP2(true)
	return p
}

// serverLog passes on what net/http has to say.
type serverLog struct{ local *Local }

func (s serverLog) Write(p []byte) (int, error) {
	s.local.options.Logger.WithField("error", strings.TrimSpace(string(p))).Warn("HTTP server")
	return len(p), nil
}
