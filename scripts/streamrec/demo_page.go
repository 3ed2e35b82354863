package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/sirupsen/logrus"

	"github.com/streamrec/streamrec/infra/admin"
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
	return dashboard.New(ctx, view, dashboard.Options{Log: log, Shop: d.shop()}), nil
}

// ask lets any worker answer a question, as a load balancer does.
func (d *demo) ask(w http.ResponseWriter, r *http.Request) {
	if worker := d.fleet.answer(); worker != nil {
		worker.ServeHTTP(w, r)
		return
	}
	http.Error(w, "no worker is there", http.StatusServiceUnavailable)
}

// openPage serves the dashboard until stop is called, unless it is not wanted, and says where.
func (d *demo) openPage(ctx context.Context, log logrus.FieldLogger) (stop func(), err error) {
	if d.listen == off {
		return func() {}, nil
	}
	if err := checkAddress(ctx, "--dashboard", d.listen); err != nil {
		return nil, err
	}
	server, err := admin.New(admin.Config{Address: d.listen}, admin.Health{Ready: always, Started: always}, log)
	if errors.Is(err, admin.ErrOpen) {
		return nil, usageError{fmt.Errorf("--dashboard %s can be reached from other machines, and the demo lets everybody in: listen on a loopback address, such as 127.0.0.1:8765; ssh -L 8765:127.0.0.1:8765 HOST reaches it from elsewhere", d.listen)}
	} else if err != nil {
		return nil, usageError{fmt.Errorf("--dashboard: %w", err)}
	}
	ctx, cancel := context.WithCancel(ctx)
	page, err := d.page(ctx, log)
	if err != nil {
		cancel()
		return nil, err
	}
	server.Handle("/", page)
	server.Handle("/v1/", http.HandlerFunc(d.ask))
	address, err := server.Listen(ctx)
	if err != nil {
		cancel()
		return nil, cannotListen("--dashboard", d.listen, err)
	}
	d.url = "http://" + address + "/"
	d.view.say("dashboard: %s", d.url)
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := server.Serve(ctx); err != nil {
			log.WithError(err).Error("the dashboard is not served any more")
		}
	})
	return func() {
		cancel()
		serving.Wait()
	}, nil
}

// always says that nothing is missing.
func always() error { return nil }
