package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/spf13/cobra"

	infras3 "github.com/streamrec/streamrec/infra/s3"
	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/erasure"
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/worker"
)

// eraseOptions are the flags of the erase command.
type eraseOptions struct {
	bucket, prefix, file string
	keyFiles             []string
	execute              bool
	format               output
}

func newEraseCommand(std streams) *cobra.Command {
	var o eraseOptions
	cmd := &cobra.Command{
		Use: "erase", Short: "Erase customers: workers, model and views leave out what they did until now",
		Long: `Erase customers, whose numbers are read from a file or stdin, one a line: a tombstone with the pseudonym and the time goes into the
bucket for each customer and key. From then on the views for analysts leave their rows out, workers store their earlier records
without content, also in a replay, and models are restored without them. Objects that are there already are immutable: they keep
the rows, under the pseudonym, until their generation is deleted.`,
		Example: `  streamrec erase --bucket my-bucket --privacy-key-file privacy.key --privacy-key-file old.key --execute < customers.txt`,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runErase(cmd.Context(), o, std) },
	}
	f := cmd.Flags()
	f.StringVar(&o.bucket, "bucket", "", "S3 bucket of the log (required)")
	f.StringVar(&o.prefix, "prefix", "events", "prefix of the log in the bucket")
	f.StringVar(&o.file, "file", "-", "file with a customer number on each line; - is stdin")
	f.StringArrayVar(&o.keyFiles, "privacy-key-file", nil, "file with a privacy key; repeat it for every key that rows were written with; or set "+privacyKeyVariable)
	executeFlag(f, &o.execute, "write the tombstones; without it they are only shown")
	outputFlag(cmd, &o.format)
	return cmd
}

func runErase(ctx context.Context, o eraseOptions, std streams) error {
	if err := required(map[string]string{"bucket": o.bucket}); err != nil {
		return err
	}
	keys, err := loadKeyring(o.keyFiles)
	if err == nil && len(keys.IDs()) == 0 {
		err = errors.New("no privacy key: customers are erased by pseudonym; pass --privacy-key-file")
	}
	if err != nil {
		return usageError{err}
	}
	customers, err := readCustomers(o.file, std.in)
	if err != nil {
		return usageError{fmt.Errorf("--file: %w", err)}
	}
	c, err := loadClients(ctx)
	if err != nil {
		return err
	}
	check, cancel := context.WithTimeout(ctx, preflightTimeout)
	defer cancel()
	bucket, err := checkBucket(check, c, o.bucket)
	if err != nil {
		return err
	}
	return explain("erase", eraseAll(ctx, bucket, o, customers, keys, std))
}

func readCustomers(file string, in io.Reader) (customers []string, err error) {
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }() // it was only read
		in = f
	}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if line := strings.TrimSpace(lines.Text()); line != "" {
			customers = append(customers, line)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(customers) == 0 {
		return nil, errors.New("no customer number")
	}
	return customers, nil
}

// eraseAll writes a tombstone for each customer and key, and prints it: with -o json as a line of JSON.
func eraseAll(ctx context.Context, bucket chain.Bucket, o eraseOptions, customers []string, keys event.Keyring, std streams) error {
	now := time.Now()
	n := 0
	for _, customer := range customers {
		for id, pseudonym := range keys.Pseudonyms(customer) {
			t := erasure.Tombstone{CustomerID: pseudonym, KeyID: id, ErasedAt: now.UTC().Truncate(time.Millisecond)}
			if o.execute {
				if err := erasure.Put(ctx, worker.System{}, bucket, strings.Trim(o.prefix, "/"), t); err != nil {
					return err
				}
			}
			if err := writeTombstone(std.out, o.format, t, n == 0); err != nil {
				return err
			}
			n++
		}
	}
	if !o.execute {
		std.say("%d tombstones for %d customers; nothing was written: pass --execute", n, len(customers))
		return nil
	}
	std.say("%d tombstones for %d customers written; workers heed them within %s", n, len(customers), erasureInterval)
	return nil
}

// writeTombstone prints one as soon as it is written: what is on stdout is done.
func writeTombstone(out io.Writer, format output, t erasure.Tombstone, first bool) (err error) {
	if format == outputJSON {
		return json.NewEncoder(out).Encode(t)
	}
	row := func(customer, key, at string) error {
		_, err := fmt.Fprintf(out, "%-*s  %-*s  %s\n", len(t.CustomerID), customer, len(t.KeyID), key, at)
		return err
	}
	if first {
		err = row("CUSTOMER", "KEY", "ERASED AT")
	}
	return errors.Join(err, row(t.CustomerID, t.KeyID, t.ErasedAt.Format("2006-01-02T15:04:05.000Z")))
}

// erasureInterval is how often a worker looks for new tombstones.
const erasureInterval = time.Minute

// erasures gives a worker the list of erased customers. Without pseudonyms there is none.
func erasures(c clients, d deployment, p *processor.Config) *erasure.List {
	if p.Privacy == nil {
		return nil
	}
	list := erasure.NewList(worker.System{}, infras3.NewBucket(c.s3, d.bucket), d.layout.Prefix)
	p.Erased, p.Tombstones = list.Erased, list.Tombstones
	return list
}

// heedErasures reads the list once, and from then on again and again until ctx ends.
func heedErasures(ctx context.Context, list *erasure.List, log logrus.FieldLogger) error {
	if list == nil {
		return nil
	}
	if err := list.Refresh(ctx); err != nil {
		return explain("erasures", err)
	}
	log.WithField("customers", list.Len()).Info("erasures read")
	go func() {
		for (worker.System{}).Sleep(ctx, erasureInterval) == nil {
			if err := list.Refresh(ctx); err != nil && ctx.Err() == nil {
				log.WithError(err).Warn("erasures cannot be read; the list may be old")
			}
		}
	}()
	return nil
}
