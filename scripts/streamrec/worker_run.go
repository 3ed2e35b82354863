package main

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/streamrec/streamrec/infra/telemetry"
	"github.com/streamrec/streamrec/worker"
)

// named gives the worker its id, and all that it logs has it.
func named(log logrus.FieldLogger, cfg *worker.Config) logrus.FieldLogger {
	cfg.ID = worker.NewID(cfg.Name, worker.System{})
	return log.WithField("worker", cfg.ID)
}

// inLog ends a log whose lines are JSON with such a line.
func inLog(log logrus.FieldLogger, json bool, err error) error {
	if err == nil || !json {
		return err
	}
	log.WithError(err).Error("worker ends")
	return toldError{err}
}

func runWorker(ctx context.Context, o workerOptions, std streams) (err error) {
	cfg, pcfg, err := o.configs(time.Now())
	if err != nil {
		return err
	}
	logger, err := telemetry.NewLogger(std.err, o.logFormat, o.logLevel)
	if err != nil {
		return usageError{err}
	}
	log := named(logger, &cfg)
	defer func() { err = inLog(log, telemetry.InJSON(logger), err) }()
	if o.dashboard.writes && (o.admin.address == off || o.http.address == off) {
		return usageError{errors.New("--dashboard-writes: needs --admin, where the dashboard is, and --http, which says what is recommended")}
	}
	if err := o.http.check(ctx); err != nil {
		return err
	}
	operators, err := o.admin.config(ctx)
	if err != nil {
		return usageError{err}
	}
	o.admin.warn(log)
	c, err := loadClients(ctx)
	if err != nil {
		return err
	}
	refused := &throttles{}
	c = refused.watch(c)
	counter := newRowCounter(log)
	erased := erasures(c, o.deployment(), &pcfg)
	products, err := followCatalogue(ctx, o.catalogue, log)
	if err != nil {
		return err
	}
	if products != nil {
		pcfg.Sells = products.Sells
	}
	shoppers, err := o.http.listen(ctx)
	if err != nil {
		return err
	}
	cfg.Address, cfg.Lease.Secret = shoppers.advertised(), rand.Text()
	var w *service
	metrics := telemetry.NewMetrics(func() telemetry.State { // asked by who comes to the operators' server
		state := w.state(pcfg.Budget)
		state.Throttled, state.Catalogue = refused.counts(), products.state()
		return state
	})
	w, err = assemble(ctx, c, o.deployment(), settings{cfg, pcfg, o.follow(erased), metrics}, !o.noCreateTables, log, counter)
	if err != nil {
		return err
	}
	w.http = w.answer(shoppers, pcfg, products, metrics)
	if w.admin, err = openAdmin(ctx, operators, w, metrics, log); err != nil {
		return err
	}
	w.mountDashboard(ctx, c, o, products, log)
	log.WithFields(logrus.Fields{
		"address": cfg.Address, "app": o.app, "stream": o.stream, "bucket": o.bucket, "prefix": o.prefix, "format": o.formats.name, "failover_ms": o.failover.Milliseconds(),
	}).Info("worker starts")
	if err := heedErasures(ctx, erased, log); err != nil {
		return err
	}
	defer counter.sum()
	return w.Run(ctx)
}
