package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/streamrec/streamrec/infra/dashboard"
)

// page returns the demo's dashboard, on which people may shop. Its streams end with ctx.
func (d *demo) page(ctx context.Context, log logrus.FieldLogger) (http.Handler, error) {
	summary, err := checkStream(ctx, newClients(d.services.Config("demo")), demoStream)
	if err != nil {
		return nil, err
	}
	view := &fleetView{
		deployment: d.fleet.where, store: d.fleet.store, source: d.fleet.stream, retention: summary.Retention,
		silence: 2 * demoFailover, own: d.fleet.selves,
	}
	return dashboard.New(ctx, view, dashboard.Options{Log: log, Shop: &demoShop{d.traffic, d.fleet}}), nil
}

// servePage serves the dashboard until stop is called, and returns where.
func (d *demo) servePage(ctx context.Context, log logrus.FieldLogger) (url string, stop func() error, err error) {
	ctx, cancel := context.WithCancel(ctx)
	page, err := d.page(ctx, log)
	if err != nil {
		cancel()
		return "", nil, err
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", d.listen)
	if err != nil {
		cancel()
		return "", nil, refuse("cannot listen on %s: %w: choose another with --dashboard", d.listen, err)
	}
	server := &http.Server{Handler: page, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	return "http://" + listener.Addr().String() + "/", func() error {
		cancel()
		patience, done := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer done()
		err := server.Shutdown(patience)
		if errors.Is(err, context.DeadlineExceeded) {
			err = server.Close()
		}
		if ended := <-ended; !errors.Is(ended, http.ErrServerClosed) {
			err = errors.Join(err, ended)
		}
		return err
	}, nil
}
