package evaluate

import (
	"slices"

	"github.com/streamrec/streamrec/model"
)

// An Event is one step of a session. Fields that are not known are empty.
type Event struct {
	Ms              int64 // milliseconds since 1970
	Session, Item   string
	Type            model.EventType
	Category, Brand string
	Part            string // train, valid or test, in files that are split
}

// Parts returns the events that a split file says are for training and for testing.
func Parts(events []Event) (train, test []Event) {
	for _, e := range events {
		switch e.Part {
		case "train":
			train = append(train, e)
		case "test":
			test = append(test, e)
		}
	}
	return train, test
}

// Newest splits events, which are in time order: the sessions that were active in the last ms milliseconds are for
// testing, with all their events, the others for training.
func Newest(events []Event, ms int64) (train, test []Event) {
	if len(events) == 0 {
		return nil, nil
	}
	last := map[string]int64{}
	for _, e := range events {
		last[e.Session] = e.Ms
	}
	cut := events[len(events)-1].Ms - ms
	test = slices.DeleteFunc(slices.Clone(events), func(e Event) bool { return last[e.Session] <= cut })
	train = slices.DeleteFunc(slices.Clone(events), func(e Event) bool { return last[e.Session] > cut })
	return train, test
}
