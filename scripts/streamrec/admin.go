package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/sirupsen/logrus"
	"github.com/spf13/pflag"

	"github.com/streamrec/streamrec/infra/admin"
	"github.com/streamrec/streamrec/infra/telemetry"
)

// off is the address of a server that is not wanted.
const off = "off"

// adminOptions are the flags of the admin server.
type adminOptions struct {
	address                     string
	tokenFile                   string
	certificate, key, authority string
}

// flags adds the flags. The default takes a free port, so that any number of workers start on one machine; it is in the log.
func (o *adminOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.address, "admin", "127.0.0.1:0", "`address` of the operators' server: dashboard, metrics, probes, profiles. Port 0 takes a free one and logs it; off: none")
	f.StringVar(&o.tokenFile, "admin-token-file", "", "file with the token that operators and Prometheus show; needed when --admin is not a loopback address")
	f.StringVar(&o.certificate, "admin-tls-cert", "", "certificate of the operators' server, PEM; with --admin-tls-key and --admin-tls-client-ca")
	f.StringVar(&o.key, "admin-tls-key", "", "its key, PEM")
	f.StringVar(&o.authority, "admin-tls-client-ca", "", "authority that signs the certificates of those who may use the operators' server, PEM")
}

// config translates the flags; nil when there is to be no server.
func (o adminOptions) config(ctx context.Context) (*admin.Config, error) {
	if o.address == off {
		return nil, nil
	}
	if err := checkAddress(ctx, "--admin", o.address); err != nil {
		return nil, err
	}
	cfg := &admin.Config{Address: o.address}
	var err error
	if o.tokenFile != "" {
		if cfg.Token, err = admin.ReadToken(o.tokenFile); err != nil {
			return nil, fmt.Errorf("--admin-token-file: %w", err)
		}
	}
	files := o.certificate != "" || o.key != "" || o.authority != ""
	switch {
	case files && (o.certificate == "" || o.key == "" || o.authority == ""):
		return nil, errors.New("--admin-tls-cert, --admin-tls-key and --admin-tls-client-ca: all of them are needed, or none")
	case files:
		if cfg.TLS, err = admin.MutualTLS(o.certificate, o.key, o.authority); err != nil {
			return nil, fmt.Errorf("--admin-tls-…: %w", err)
		}
	}
	if err := cfg.Validate(); errors.Is(err, admin.ErrOpen) {
		return nil, fmt.Errorf("--admin %s can be reached from other machines: make a token with '(umask 077; openssl rand -hex 32 > admin.token)' and pass --admin-token-file admin.token, or use mutual TLS", o.address)
	} else if err != nil {
		return nil, fmt.Errorf("--admin: %w", err)
	}
	return cfg, nil
}

// warn tells of secrets that others can read. They are accepted all the same: files that container engines mount are often so, and nobody else is in there.
func (o adminOptions) warn(log logrus.FieldLogger) {
	for flag, path := range map[string]string{"--admin-token-file": o.tokenFile, "--admin-tls-key": o.key} {
		if path != "" && admin.Exposed(path) {
			log.WithField("file", path).Warn(flag + ": everybody on this machine can read the file: take that away with chmod o-rwx")
		}
	}
}

// openAdmin makes the admin server of a service and binds its address; nil when there is to be none. What else operators are to see is mounted
// on it before the service runs.
func openAdmin(ctx context.Context, cfg *admin.Config, s *service, metrics *telemetry.Metrics, log logrus.FieldLogger) (*admin.Server, error) {
	if cfg == nil {
		return nil, nil
	}
	server, err := admin.New(*cfg, admin.Health{Ready: s.ready, Started: s.started}, log)
	if err != nil {
		return nil, usageError{err}
	}
	server.Handle("GET /metrics", metrics.Handler(log))
	address, err := server.Listen(ctx)
	if err != nil {
		return nil, cannotListen("--admin", cfg.Address, err)
	}
	log.WithField("address", address).Info("operators are served")
	return server, nil
}
