package main

import (
	"context"
	"errors"
	"net"

	"github.com/spf13/pflag"

	"github.com/streamrec/streamrec/infra/telemetry"
	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/worker/serve"
)

// httpOptions are the flags of the server that answers shoppers' questions.
type httpOptions struct {
	address    string
	advertised string
}

// flags adds the flags. By default every worker of a machine answers those on it, and the lease table says where; a question that comes to
// another machine's loopback address by mistake is turned away, since it names the worker that it is meant for.
func (o *httpOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.address, "http", "127.0.0.1:0", "`address` to answer questions on, such as :8080 for all of the machine's. Port 0 takes a free one, which the lease table names; off: none")
	f.StringVar(&o.advertised, "http-advertise", "", "`host` or host:port under which other workers reach --http. Defaults to it, or to the machine's first address")
}

// check says what is wrong with the flags.
func (o httpOptions) check(ctx context.Context) error {
	if o.address == off {
		return nil
	}
	return errors.Join(checkAddress(ctx, "--http", o.address), checkAdvertised(ctx, "--http-advertise", o.advertised))
}

// listen binds the address; nil when nobody is to be answered.
func (o httpOptions) listen(ctx context.Context) (*dataListener, error) {
	if o.address == off {
		return nil, nil
	}
	listener, err := listen(ctx, "--http", o.address)
	if err != nil {
		return nil, err
	}
	return &dataListener{listener, serve.Advertised(listener, o.advertised)}, nil
}

// dataListener is where questions come in.
type dataListener struct {
	net.Listener
	address string // as other workers reach it
}

// advertised returns the address for the lease table; empty without a listener.
func (l *dataListener) advertised() string {
	if l == nil {
		return ""
	}
	return l.address
}

// dataPlane answers questions on a listener.
type dataPlane struct {
	*serve.Server
	listener net.Listener
}

// Serve answers until ctx ends.
func (d *dataPlane) Serve(ctx context.Context) error { return d.Server.Serve(ctx, d.listener) }

// answer makes what answers questions; nil without a listener.
func (s *service) answer(l *dataListener, cfg processor.Config, products *followedCatalogue, metrics *telemetry.Metrics) *dataPlane {
	if l == nil {
		return nil
	}
	return &dataPlane{s.newServer(cfg, products, metrics), l.Listener}
}

// newServer makes what answers questions in this process. products and metrics may be nil.
func (s *service) newServer(cfg processor.Config, products *followedCatalogue, metrics *telemetry.Metrics) *serve.Server {
	settings := serve.Config{Model: cfg.Model, Sells: cfg.Sells, Ready: s.ready}
	if metrics != nil {
		settings.Observe = func(o serve.Observation) { metrics.Answered(o.Way, o.Took) }
	}
	if products != nil {
		settings.Products = products
	}
	var facts serve.Facts
	if s.models != nil {
		facts = s.models
	}
	return serve.New(settings, s.live, s.Worker, s.store, facts, s.log)
}
