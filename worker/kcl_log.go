package worker

import (
	"errors"

	"github.com/sirupsen/logrus"
	"github.com/vmware/vmware-go-kcl-v2/logger"
)

// kclLogger sends what the KCL logs to the worker's logger. The KCL calls the end of a term an error and every start an
// information: the worker has logged both with its fields, so they are for debugging only.
type kclLogger struct{ log logrus.FieldLogger }

var _ logger.Logger = kclLogger{}

// Debugf implements logger.Logger.
func (l kclLogger) Debugf(format string, args ...any) { l.log.Debugf(format, args...) }

// Infof implements logger.Logger.
func (l kclLogger) Infof(format string, args ...any) { l.log.Debugf(format, args...) }

// Warnf implements logger.Logger.
func (l kclLogger) Warnf(format string, args ...any) { l.errorf(l.log.Warnf, format, args) }

// Errorf implements logger.Logger.
func (l kclLogger) Errorf(format string, args ...any) { l.errorf(l.log.Errorf, format, args) }

// Fatalf implements logger.Logger. A library does not end the process.
func (l kclLogger) Fatalf(format string, args ...any) { l.log.Errorf(format, args...) }

// Panicf implements logger.Logger. A library does not end the process.
func (l kclLogger) Panicf(format string, args ...any) { l.log.Errorf(format, args...) }

// WithFields implements logger.Logger.
func (l kclLogger) WithFields(fields logger.Fields) logger.Logger {
	return kclLogger{l.log.WithFields(logrus.Fields(fields))}
}

func (l kclLogger) errorf(loud func(string, ...any), format string, args []any) {
	for _, a := range args {
		if err, ok := a.(error); ok && errors.Is(err, errEnded) {
			l.log.Debugf(format, args...)
			return
		}
	}
	loud(format, args...)
}
