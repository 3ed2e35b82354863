package dynamo

import (
	"strings"

	"github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"
)

// cancellation says for one element of a transaction why the whole was cancelled; its code is None when this element was
// not the cause.
type cancellation struct {
	Code    string
	Message string   `json:",omitempty"`
	Item    attr.Map `json:",omitempty"`
}

const (
	cancelNone       = "None"
	cancelCondition  = "ConditionalCheckFailed"
	cancelValidation = "ValidationError"
)

// evaluateAll locates and evaluates the writes of a transaction. When one of them fails the error is a
// TransactionCanceledException with a reason for each. The caller holds the lock.
func (s *Service) evaluateAll(writes []write, used *Usage) ([]change, error) {
	changes := make([]change, len(writes))
	reasons := make([]cancellation, len(writes))
	seen := map[itemID]bool{}
	for i, w := range writes {
		c, err := s.locate(w)
		if err == nil {
			if seen[c.itemID()] {
				return nil, errSameItem()
			}
			seen[c.itemID()] = true
			c, err = w.evaluate(c)
			used.WriteUnits += transactional * c.units()
		}
		if reasons[i], err = reason(err); err != nil {
			return nil, err
		}
		changes[i] = c
	}
	return changes, firstError(cancelled(reasons, used), checkTransactionSize(changes))
}

func errSameItem() error {
	return invalid("Transaction request cannot include multiple operations on one item")
}

func checkTransactionSize(changes []change) error {
	bytes := 0
	for _, c := range changes {
		bytes += max(c.before.bytes(), c.after.bytes())
	}
	if bytes > maxTransactionBytes {
		return invalid("Collective item size of a transaction cannot exceed 4 MB")
	}
	return nil
}

// reason classifies what went wrong with one element. What is not the element's own fault, such as a missing table, is
// handed back as the error of the whole request.
func reason(err error) (cancellation, error) {
	if err == nil {
		return cancellation{Code: cancelNone}, nil
	}
	f := faultOf(err)
	switch f.kind {
	case conditionFailedKind:
		return cancellation{cancelCondition, f.message, f.item}, nil
	case validateSpace + "ValidationException":
		return cancellation{Code: cancelValidation, Message: f.message}, nil
	default:
		return cancellation{}, err
	}
}

// cancelled is the error of a transaction with the given reasons; nil when all of them are None.
func cancelled(reasons []cancellation, used *Usage) error {
	codes := make([]string, len(reasons))
	ok := true
	for i, r := range reasons {
		codes[i] = r.Code
		ok = ok && r.Code == cancelNone
		if r.Code == cancelCondition {
			used.FailedConditions++
		}
	}
	if ok {
		return nil
	}
	f := refuse(dynamoSpace+"TransactionCanceledException",
		"Transaction cancelled, please refer cancellation reasons for specific reasons [%s]", strings.Join(codes, ", "))
	f.reasons = reasons
	return f
}
