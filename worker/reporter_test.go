package worker

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/sirupsen/logrus/hooks/test"

	"github.com/streamrec/streamrec/worker/lease"
)

// TestOnlyLossesAreWarnings holds how the log tells of the ends of terms: what somebody wanted is no warning.
func TestOnlyLossesAreWarnings(t *testing.T) {
	for _, c := range []struct {
		cause error
		level logrus.Level
		text  string
	}{
		{fmt.Errorf("%w: plan 3", lease.ErrReplanned), logrus.InfoLevel, "term is over, a plan begins the shard anew"},
		{fmt.Errorf("%w: the row names another term", lease.ErrLeaseLost), logrus.WarnLevel, "lease lost"},
		{lease.ErrHandOff, logrus.InfoLevel, "lease given up"},
		{context.Canceled, logrus.InfoLevel, "lease given up"},
		{errors.New("disk full"), logrus.InfoLevel, "lease given up"},
	} {
		log, hook := test.NewNullLogger()
		newReporter(log, time.Now).Ended(lease.Lease{Key: "shard-00", Owner: "w"}, c.cause)
		if e := hook.LastEntry(); e.Level != c.level || e.Message != c.text {
			t.Errorf("%v: %s %q", c.cause, e.Level, e.Message)
		}
	}
}
