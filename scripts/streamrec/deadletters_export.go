package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/streamrec/streamrec/processor/deadletter"
	"github.com/streamrec/streamrec/processor/event"
)

func newExportLettersCommand(std streams) *cobra.Command {
	var o letterOptions
	var dir string
	var keyFiles []string
	cmd := &cobra.Command{
		Use: "export", Short: "Export the bytes of the records that could not be decoded",
		Long: `Export the bytes of the records that could not be decoded: as lines of JSON, with the bytes in base64, or with --dir as a file for
each and an index. With the privacy key the bytes are opened; after a rotation pass the old keys, too. What no key opens is
exported as it is, marked as sealed, and the exit code is 1.`,
		Example: `  streamrec deadletters export --bucket my-bucket --privacy-key-file privacy.key | jq -r .raw | head -1 | base64 -d
  streamrec deadletters export --bucket my-bucket --privacy-key-file privacy.key --privacy-key-file old.key --dir letters`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			keys, err := loadKeyring(keyFiles)
			if err != nil {
				return usageError{err}
			}
			return exportLetters(cmd.Context(), o, keys, dir, std)
		},
	}
	o.flags(cmd)
	cmd.Flags().StringVar(&dir, "dir", "", "write a file for each record, and index.jsonl, into this directory, which must be empty or new")
	cmd.Flags().StringArrayVar(&keyFiles, "privacy-key-file", nil, "file with a privacy key; may be repeated; or set STREAMREC_PRIVACY_KEY")
	return cmd
}

// loadKeyring reads the keys of the files and of the environment.
func loadKeyring(files []string) (event.Keyring, error) {
	var keys []*event.Privacy
	var errs []error
	add := func(key event.Key, err error) {
		var p *event.Privacy
		if err == nil {
			p, err = event.NewPrivacy(key)
		}
		keys, errs = append(keys, p), append(errs, err)
	}
	for _, file := range files {
		add(event.ReadKeyFile(file))
	}
	if os.Getenv(privacyKeyVariable) != "" {
		add(event.KeyFromEnv(os.LookupEnv, privacyKeyVariable))
	}
	if err := errors.Join(errs...); err != nil {
		return event.Keyring{}, fmt.Errorf("privacy key: %w", err)
	}
	return event.NewKeyring(keys...), nil
}

// letterSink takes exported letters.
type letterSink interface {
	put(exportedLetter) error
	close() error
}

// exportedLetter is a line of the export.
type exportedLetter struct {
	listedLetter
	Sealed bool   `json:"sealed"`         // no key opened it
	File   string `json:"file,omitempty"` // in the directory
	Raw    []byte `json:"raw,omitempty"`
}

// exporter opens letters and hands them to a sink.
type exporter struct {
	keys   event.Keyring
	sink   letterSink
	sealed map[string]int64 // letters that could not be opened, by key id
}

func exportLetters(ctx context.Context, o letterOptions, keys event.Keyring, dir string, std streams) error {
	sink, err := newSink(dir, std.out)
	if err != nil {
		return err
	}
	e := exporter{keys: keys, sink: sink, sealed: map[string]int64{}}
	totals, err := o.scan(ctx, std, e.export)
	if err = errors.Join(err, sink.close()); err != nil {
		return err
	}
	std.say("%d records exported, %s", totals.Letters, size(totals.Bytes))
	return errors.Join(e.verdict(), unreadable(totals))
}

func newSink(dir string, out io.Writer) (letterSink, error) {
	if dir == "" {
		return &lineSink{bufio.NewWriterSize(out, 64<<10)}, nil
	}
	return newDirectorySink(dir)
}

func (e *exporter) export(l *deadletter.Letter) error {
	x := exportedLetter{listedLetter: describeLetter(l)}
	raw, err := e.keys.Open(l.KeyID, l.Raw)
	if err != nil {
		e.sealed[l.KeyID]++
		raw, x.Sealed = l.Raw, true
	}
	x.Raw = raw
	return e.sink.put(x)
}

// verdict is an error when something stayed sealed.
func (e *exporter) verdict() error {
	if len(e.sealed) == 0 {
		return nil
	}
	var parts []string
	for _, id := range slices.Sorted(maps.Keys(e.sealed)) {
		parts = append(parts, fmt.Sprintf("%d with key %s", e.sealed[id], printable(id)))
	}
	have := "no key was given"
	if ids := e.keys.IDs(); len(ids) > 0 {
		have = "the keys given are " + strings.Join(ids, ", ")
	}
	return fmt.Errorf("records stay sealed: %s; %s: pass the right ones with --privacy-key-file", strings.Join(parts, ", "), have)
}

// lineSink writes lines of JSON. Their bytes are in base64, so they harm no terminal.
type lineSink struct{ out *bufio.Writer }

func (s *lineSink) put(x exportedLetter) error { return json.NewEncoder(s.out).Encode(x) }

func (s *lineSink) close() error { return s.out.Flush() }

// directorySink writes a file for each letter, and an index. Only the owner may read them: they hold what privacy seals.
type directorySink struct {
	dir   string
	index *os.File
	out   *bufio.Writer
}

func newDirectorySink(dir string) (*directorySink, error) {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return nil, refuse("--dir: %s is not empty: name a new directory, or empty it", dir)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, usageError{fmt.Errorf("--dir: %w", err)}
	}
	index, err := os.OpenFile(filepath.Join(dir, "index.jsonl"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, usageError{fmt.Errorf("--dir: %w", err)}
	}
	return &directorySink{dir, index, bufio.NewWriter(index)}, nil
}

func (s *directorySink) put(x exportedLetter) error {
	suffix := "bin"
	if x.Sealed {
		suffix = "sealed"
	}
	x.File = fmt.Sprintf("%s-%s-%d-%d.%s", fileName(x.Shard), fileName(x.Sequence), x.Sub, x.Line, suffix)
	if err := os.WriteFile(filepath.Join(s.dir, x.File), x.Raw, 0o600); err != nil {
		return fmt.Errorf("export record: %w", err)
	}
	x.Raw = nil
	return json.NewEncoder(s.out).Encode(x)
}

func (s *directorySink) close() error { return errors.Join(s.out.Flush(), s.index.Close()) }

// fileName keeps what is harmless in the name of a file: whatever wrote the bucket does not choose where files go.
func fileName(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && (r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z') {
			return r
		}
		return '_'
	}, s)
}
