package main

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/streamrec/streamrec/infra/telemetry"
	"github.com/streamrec/streamrec/model/catalogue"
	"github.com/streamrec/streamrec/worker"
)

// readCatalogue reads a catalogue file. That it is missing, makes no sense or sells nothing is the user's mistake.
func readCatalogue(path string) (*catalogue.Catalogue, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usageError{fmt.Errorf("--catalogue: %w", err)}
	}
	defer func() { _ = f.Close() }() // it was only read
	c, err := catalogue.Read(f)
	if err != nil {
		return nil, usageError{fmt.Errorf("--catalogue %s: %w", path, err)}
	}
	return c, nil
}

// catalogueInterval is how often a worker looks whether its catalogue has changed. It reads a file that has stood still between two looks.
const catalogueInterval = 10 * time.Second

// followedCatalogue is what the catalogue file says now.
type followedCatalogue struct {
	current atomic.Pointer[catalogue.Catalogue]
	refused atomic.Bool // what the file says now cannot be used
	path    string
	log     logrus.FieldLogger
	read    fileVersion // of the file when it was read last, or could not be
	seen    fileVersion // at the last look
}

// Sells is for processor.Config.Sells.
func (f *followedCatalogue) Sells(item string) bool { return f.current.Load().Sells(item) }

// Product implements serve.Products.
func (f *followedCatalogue) Product(item string) (catalogue.Product, bool) {
	return f.current.Load().Product(item)
}

// state is what the metrics say of it.
func (f *followedCatalogue) state() telemetry.CatalogueState {
	if f == nil {
		return telemetry.CatalogueState{InStock: -1}
	}
	return telemetry.CatalogueState{InStock: int64(f.current.Load().Sold()), Refused: f.refused.Load()}
}

// followCatalogue returns the catalogue file as it is now and whenever it changes until ctx ends; nil without a file.
func followCatalogue(ctx context.Context, path string, log logrus.FieldLogger) (*followedCatalogue, error) {
	if path == "" {
		return nil, nil
	}
	f, err := openCatalogue(path, log)
	if err != nil {
		return nil, err
	}
	go func() {
		for (worker.System{}).Sleep(ctx, catalogueInterval) == nil {
			f.look()
		}
	}()
	return f, nil
}

func openCatalogue(path string, log logrus.FieldLogger) (*followedCatalogue, error) {
	f := &followedCatalogue{path: path, log: log, read: versionOf(path)}
	f.seen = f.read
	c, err := readCatalogue(path)
	if err != nil {
		return nil, err
	}
	f.current.Store(c)
	f.tell(c).Info("catalogue read")
	return f, nil
}

// look reads the file if it has changed, and is not being written: then it is looked at again. Most tools write files in place.
func (f *followedCatalogue) look() {
	now, before := versionOf(f.path), f.seen
	f.seen = now
	if now == f.read || now != before {
		return
	}
	c, err := readCatalogue(f.path)
	if versionOf(f.path) != now {
		return // it has changed while it was read
	}
	f.read = now
	f.refused.Store(err != nil)
	if err != nil {
		f.log.WithError(err).Warn("catalogue has changed and cannot be used; the old one stays")
		return
	}
	f.take(c)
}

// take goes over to another catalogue. One that has shrunk is taken, too: to recommend what is sold out is worse than a short list, and nobody but
// the shop knows that a sale is over. Who reads the log finds out.
func (f *followedCatalogue) take(c *catalogue.Catalogue) {
	before := f.current.Swap(c).Sold()
	if 2*c.Sold() < before {
		f.tell(c).WithField("in_stock_before", before).Warn("catalogue read again: less than half of what was in stock still is. If the file was cut off, put it back: it is read again")
		return
	}
	f.tell(c).Info("catalogue read again")
}

func (f *followedCatalogue) tell(c *catalogue.Catalogue) *logrus.Entry {
	return f.log.WithFields(logrus.Fields{"products": c.Len(), "in_stock": c.Sold()})
}

// fileVersion is what tells versions of a file apart. The zero value is that of no file.
type fileVersion struct {
	modified time.Time
	size     int64
}

func versionOf(path string) fileVersion {
	info, err := os.Stat(path)
	if err != nil {
		return fileVersion{}
	}
	return fileVersion{info.ModTime(), info.Size()}
}
