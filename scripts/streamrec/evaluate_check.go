package main

import (
	"errors"
	"fmt"
	"math"
	"os"

	"github.com/streamrec/streamrec/scripts/chart"
)

// maxDays bounds --test-days: a hundred years.
const maxDays = 36_500

// check returns what is wrong with the flags. given tells which of them somebody has set.
func (o *evaluateOptions) check(given func(flag string) bool) error {
	if err := required(map[string]string{"file": o.file}); err != nil {
		return err
	}
	if err := errors.Join(o.checkValues(), o.checkTogether(given)); err != nil {
		return usageError{err}
	}
	if o.plot == "" {
		return nil
	}
	if err := chart.Check(o.plot); err != nil {
		return usageError{fmt.Errorf("--plot: %w", err)}
	}
	return nil
}

// checkValues looks at each value by itself. What is not a number is within no bounds.
func (o *evaluateOptions) checkValues() error {
	switch {
	case o.protocol != prequential && o.protocol != offline:
		return fmt.Errorf("--protocol must be %s or %s, not %q", prequential, offline, o.protocol)
	case o.malformed != "stop" && o.malformed != "skip":
		return fmt.Errorf("--malformed must be stop or skip, not %q", o.malformed)
	case !(o.warmup >= 0 && o.warmup < o.until && o.until <= 1):
		return fmt.Errorf("--warmup %g and --until %g must be shares of the stream, from 0 to 1, the first below the second", o.warmup, o.until)
	case o.shards < 1 || o.shards > maxShards:
		return fmt.Errorf("--shards must be from 1 to %d, not %d", maxShards, o.shards)
	case !(o.testDays >= 0 && o.testDays <= maxDays):
		return fmt.Errorf("--test-days must be a number of days from 0 to %d, not %g", maxDays, o.testDays)
	}
	return nil
}

// checkTogether looks for flags that would change nothing beside the others.
func (o *evaluateOptions) checkTogether(given func(flag string) bool) error {
	var errs []error
	idle := func(flag string, when bool, remedy string) {
		if when && given(flag) {
			errs = append(errs, fmt.Errorf("--%s changes nothing here: %s", flag, remedy))
		}
	}
	idle("staleness", o.shards == 1, "give --shards, 2 or more, or leave it out")
	idle("test-days", o.protocol != offline, "give --protocol offline, or leave it out")
	idle("warmup", o.protocol == offline, "it is for --protocol prequential, leave it out")
	idle("until", o.protocol == offline, "it is for --protocol prequential, leave it out")
	return errors.Join(errs...)
}

// oneSided says why the offline protocol has nothing to learn, or nothing to predict.
func (o *evaluateOptions) oneSided(e *evaluation) error {
	switch {
	case o.testDays > 0 && len(e.train) == 0:
		first, last := e.test[0].Ms, e.test[len(e.test)-1].Ms
		return usageError{fmt.Errorf("--test-days %g: all sessions of %s are in the test, which leaves none to learn from; it has events of %.3g days, so give fewer",
			o.testDays, o.file, math.Ceil(float64(last-first)/864_000)/100)}
	case o.testDays > 0:
		return usageError{fmt.Errorf("--test-days %g: no session of %s is in the test; give more", o.testDays, o.file)}
	}
	return refuse("%s has %d events for training and %d for testing; the offline protocol needs a column part with train and test, or --test-days",
		o.file, len(e.train), len(e.test))
}

// fileError says what is wrong with an event file: a missing file is a mistake in the command line.
func fileError(err error) error {
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) {
		return usageError{fmt.Errorf("--file: %w", err)}
	}
	return refusedError{err}
}
