package main

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/streamrec/streamrec/model/catalogue"
	"github.com/streamrec/streamrec/worker"
)

// readCatalogue reads a catalogue file. A file that cannot be opened is the user's mistake, one that makes no sense is refused.
func readCatalogue(path string) (*catalogue.Catalogue, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usageError{fmt.Errorf("--catalogue: %w", err)}
	}
	defer func() { _ = f.Close() }() // it was only read
	c, err := catalogue.Read(f)
	if err != nil {
		return nil, refuse("%s: %w", path, err)
	}
	return c, nil
}

// catalogueInterval is how often a worker looks whether its catalogue has changed.
const catalogueInterval = 30 * time.Second

// followedCatalogue is what the catalogue file says now.
type followedCatalogue struct {
	current atomic.Pointer[catalogue.Catalogue]
}

// Sells is for processor.Config.Sells.
func (f *followedCatalogue) Sells(item string) bool { return f.current.Load().Sells(item) }

// Product implements serve.Products.
func (f *followedCatalogue) Product(item string) (catalogue.Product, bool) {
	return f.current.Load().Product(item)
}

// followCatalogue returns the catalogue file as it is now and whenever it changes until ctx ends; nil without a file.
func followCatalogue(ctx context.Context, path string, log logrus.FieldLogger) (*followedCatalogue, error) {
	if path == "" {
		return nil, nil
	}
	seen := modified(path)
	first, err := readCatalogue(path)
	if err != nil {
		return nil, err
	}
	f := &followedCatalogue{}
	f.current.Store(first)
	log.WithField("products", first.Len()).Info("catalogue read")
	go func() {
		for (worker.System{}).Sleep(ctx, catalogueInterval) == nil {
			now := modified(path)
			if now.Equal(seen) {
				continue
			}
			seen = now
			c, err := readCatalogue(path)
			if err != nil {
				log.WithError(err).Warn("catalogue has changed and cannot be read; the old one stays")
				continue
			}
			f.current.Store(c)
			log.WithField("products", c.Len()).Info("catalogue read again")
		}
	}()
	return f, nil
}

// modified returns when the file was changed, or the zero time when that cannot be told.
func modified(path string) time.Time {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}
