package shop

import (
	"errors"
	"fmt"
)

// Habits are the odds by which shoppers and the web server behave. Shares are between 0 and 1.
type Habits struct {
	// WholeHistory is the share of sessions whose records carry the whole history so far instead of the newest step.
	WholeHistory float64
	// Bare is the share of sessions whose records carry no optional fields: neither event_id, nor event, category, brand,
	// price and currency. Nothing is bought in them, since only the event field can tell.
	Bare float64
	// EventTime adds event_time to the records that are not bare.
	EventTime bool
	// Odd is the share of records with an oddity that real records have: an unknown field, the same product twice in the
	// history, or non-ASCII letters as \u escapes.
	Odd float64
	// Repeated is the share of records that are put twice, with the same event_id unless bare.
	Repeated float64
	// Malformed is the share of records that are cut off in the middle, so that they are no JSON.
	Malformed float64
	// DriftEvery is how many events pass between changes of what is on sale and in fashion; 0 means that nothing changes.
	DriftEvery int
}

// DefaultHabits are those of an ordinary day: a few oddities, nothing repeated, nothing malformed.
func DefaultHabits() Habits {
	return Habits{WholeHistory: 0.15, Bare: 0.1, Odd: 0.02, DriftEvery: 500}
}

// Validate returns every problem of h.
func (h Habits) Validate() error {
	var problems []error
	for _, share := range []struct {
		name  string
		value float64
	}{
		{"WholeHistory", h.WholeHistory},
		{"Bare", h.Bare},
		{"Odd", h.Odd},
		{"Repeated", h.Repeated},
		{"Malformed", h.Malformed},
	} {
		if !(share.value >= 0 && share.value <= 1) { // also NaN
			problems = append(problems, fmt.Errorf("%s is %v, not between 0 and 1", share.name, share.value))
		}
	}
	if h.DriftEvery < 0 {
		problems = append(problems, fmt.Errorf("DriftEvery is %d, less than 0", h.DriftEvery))
	}
	return errors.Join(problems...)
}
