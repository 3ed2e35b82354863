package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/sirupsen/logrus"
	"github.com/spf13/cobra"

	"github.com/streamrec/streamrec/infra/iam"
	"github.com/streamrec/streamrec/infra/local"
	"github.com/streamrec/streamrec/infra/telemetry"
)

// localOptions are the flags of the local command.
type localOptions struct {
	listen, dir, limits string
	streams             map[string]int64
	buckets             []string
	credentials         []string
	ignoreConditions    bool
	faults, roles       bool
	logLevel            string
	format              output
}

func newLocalCommand(std streams) *cobra.Command {
	var o localOptions
	cmd := &cobra.Command{
		Use: "local", Short: "Serve Kinesis, DynamoDB and S3 on one local port",
		Long: `Serve Kinesis, DynamoDB and S3 on one local port, in memory or in a folder. Any AWS client reaches them with
AWS_ENDPOINT_URL set to the address, and any credentials and region.`,
		Example: `  streamrec local --create-stream clicks=4 --bucket shop-log --data-dir ./data &
  export AWS_ENDPOINT_URL=http://127.0.0.1:4566 AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x`,
		RunE: func(cmd *cobra.Command, _ []string) error { return runLocal(cmd.Context(), o, std) },
	}
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", "127.0.0.1:4566", "address to listen on; port 0 takes a free one")
	f.StringVar(&o.dir, "data-dir", "", "folder that keeps all data across restarts; without it everything is in memory")
	f.StringVar(&o.limits, "limits", "on", "Kinesis' limits per shard: on or off")
	f.StringToInt64Var(&o.streams, "create-stream", nil, "`NAME=SHARDS`: stream to create at the start; may be repeated")
	f.StringSliceVar(&o.buckets, "bucket", nil, "bucket to create at the start; may be repeated")
	f.StringSliceVar(&o.credentials, "credentials", nil, "KEY:SECRET to accept, and no other; may be repeated")
	f.BoolVar(&o.ignoreConditions, "ignore-conditions", false, "behave like an object store without conditional writes")
	f.BoolVar(&o.faults, "faults", false, "let whoever reaches the port script faults at /_faults")
	f.BoolVar(&o.roles, "roles", false, "refuse what the policies of infra/iam do not allow: an access key begins with the name of a role, such as worker-1; others may do everything")
	f.StringVar(&o.logLevel, "log-level", "warning", "least level to log: debug, info, warning or error")
	outputFlag(cmd, &o.format)
	return cmd
}

func (o localOptions) options() (local.Options, error) {
	var errs []error
	if o.limits != "on" && o.limits != "off" {
		errs = append(errs, fmt.Errorf("--limits: must be on or off, not %q", o.limits))
	}
	errs = append(errs, o.checkNames()...)
	var pairs map[string]string // nil accepts any
	for _, c := range o.credentials {
		key, secret, ok := strings.Cut(c, ":")
		if !ok || key == "" || secret == "" {
			errs = append(errs, errors.New("--credentials: want KEY:SECRET"))
			continue
		}
		if pairs == nil {
			pairs = map[string]string{}
		}
		pairs[key] = secret
	}
	if err := errors.Join(errs...); err != nil {
		return local.Options{}, usageError{err}
	}
	return local.Options{
		Dir: o.dir, EnforceLimits: o.limits == "on", Streams: o.streams, Buckets: o.buckets, IgnoreConditions: o.ignoreConditions,
		Credentials: pairs, FaultsOverHTTP: o.faults,
	}, nil
}

// Names that Kinesis and S3 allow. S3 has more rules, such as that a name is no IP address.
var (
	streamName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,128}$`)
	bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
)

// checkNames says what is wrong with the streams and buckets that are to be created.
func (o localOptions) checkNames() (errs []error) {
	for name, shards := range o.streams {
		if !streamName.MatchString(name) {
			errs = append(errs, fmt.Errorf("--create-stream: %q cannot name a stream: use 1 to 128 letters, digits, dots, hyphens and underscores", name))
		}
		if shards < 1 || shards > 10_000 {
			errs = append(errs, fmt.Errorf("--create-stream: %s needs 1 to 10000 shards, not %d: %s=4", name, shards, name))
		}
	}
	for _, name := range o.buckets {
		if !bucketName.MatchString(name) {
			errs = append(errs, fmt.Errorf("--bucket: %q cannot name a bucket: use 3 to 63 lower-case letters, digits, dots and hyphens, with a letter or a digit at both ends", name))
		}
	}
	return errs
}

func runLocal(ctx context.Context, o localOptions, std streams) error {
	options, err := o.options()
	if err != nil {
		return err
	}
	if options.Logger, err = telemetry.NewLogger(std.err, "auto", o.logLevel); err != nil {
		return usageError{err}
	}
	if o.roles {
		if options.Authorize, err = authorize(options.Logger); err != nil {
			return err
		}
	}
	listener, err := listen(ctx, "--listen", o.listen)
	if err != nil {
		return err
	}
	services, err := local.New(options)
	if err != nil {
		return refusedError{errors.Join(err, listener.Close())}
	}
	endpoint := "http://" + listener.Addr().String()
	if o.format == outputJSON {
		err = json.NewEncoder(std.out).Encode(map[string]string{"endpoint": endpoint})
	} else {
		_, err = fmt.Fprintf(std.out, "export AWS_ENDPOINT_URL=%s AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local\n", endpoint)
	}
	if err == nil {
		err = services.Serve(ctx, listener)
	}
	return errors.Join(err, services.Close())
}

// authorize judges requests by the policies of roles, whatever the stream, the table and the bucket are called.
func authorize(log logrus.FieldLogger) (func(http.Handler) http.Handler, error) {
	guard, err := iam.NewGuard(iam.AnyNames)
	if err != nil {
		return nil, err
	}
	guard.Refused = func(role string, r iam.Request) {
		log.WithFields(logrus.Fields{"role": role, "action": r.Action, "resource": r.Resource}).Warn("role may not do that")
	}
	return guard.Wrap, nil
}
