package main

import (
	"cmp"
	"context"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/streamrec/streamrec/infra/dashboard"
	infrakinesis "github.com/streamrec/streamrec/infra/kinesis"
	"github.com/streamrec/streamrec/worker"
)

// mountDashboard lets operators see the whole fleet on the worker's admin address. Everything comes from the lease table, the worker itself
// and, as far as they answer, its peers.
func (s *service) mountDashboard(ctx context.Context, c clients, o workerOptions, cfg worker.Config, t *tally, log logrus.FieldLogger) error {
	if s.admin == nil {
		return nil
	}
	summary, err := checkStream(ctx, c, o.stream)
	if err != nil {
		return err
	}
	view := &fleetView{
		deployment: o.deployment(), store: s.store, source: infrakinesis.NewStream(c.kinesis, o.stream), retention: summary.Retention,
		silence: 2 * cmp.Or(cfg.Lease.Failover, demoFailover), own: func() []dashboard.Self { return []dashboard.Self{s.self(t)} },
		peers: dashboard.NewPeers(time.Now),
	}
	page := dashboard.New(ctx, view, dashboard.Options{Log: log, AnyHost: o.admin.tokenFile != "" || o.admin.certificate != ""})
	s.admin.Handle("/", page)
	if s.http != nil {
		s.http.Handle("GET /dashboard/self", page) // for the dashboards of the others, who know this address from the lease table
	}
	return nil
}
