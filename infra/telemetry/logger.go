package telemetry

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/sirupsen/logrus"
	"golang.org/x/term"
)

// NewLogger returns a logger to w. The format is text, json, or auto, which is text when w is a terminal. Times are UTC with
// nanoseconds, as RFC 3339.
func NewLogger(w io.Writer, format, level string) (*logrus.Logger, error) {
	least, err := logrus.ParseLevel(level)
	if err != nil {
		return nil, fmt.Errorf("log level: want debug, info, warning or error, not %q", level)
	}
	if format == "auto" {
		format = "json"
		if IsTerminal(w) {
			format = "text"
		}
	}
	log := logrus.New()
	log.SetOutput(w)
	log.SetLevel(least)
	switch format {
	case "json":
		log.SetFormatter(utc{&logrus.JSONFormatter{TimestampFormat: time.RFC3339Nano}})
	case "text":
		log.SetFormatter(utc{&logrus.TextFormatter{TimestampFormat: "15:04:05.000", FullTimestamp: true}})
	default:
		return nil, fmt.Errorf("log format: want text, json or auto, not %q", format)
	}
	return log, nil
}

// InJSON reports whether the lines of a logger of NewLogger are JSON.
func InJSON(log *logrus.Logger) bool {
	f, ours := log.Formatter.(utc)
	_, is := f.Formatter.(*logrus.JSONFormatter)
	return ours && is
}

// IsTerminal reports whether w is a terminal.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// TerminalSize returns the columns and lines of the terminal that w is, or 80 and 24.
func TerminalSize(w io.Writer) (columns, lines int) {
	if f, ok := w.(*os.File); ok {
		if columns, lines, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 && lines > 0 {
			return columns, lines
		}
	}
	return 80, 24
}

// utc is a formatter whose times are UTC.
type utc struct{ logrus.Formatter }

// Format implements logrus.Formatter.
func (u utc) Format(e *logrus.Entry) ([]byte, error) {
	e.Time = e.Time.UTC()
	return u.Formatter.Format(e)
}
