package table

import (
	"strings"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/event"
)

// typeNames are what Entry.Event points to.
var typeNames = [...]string{
	event.View:     event.View.String(),
	event.Cart:     event.Cart.String(),
	event.Purchase: event.Purchase.String(),
}

// FromEvent sets row to the row of one event of a record, without recommendations: those, ModelVersion and Duplicate are
// for the caller to set. The row points into e and r. It takes over the storage of row.BrowseHistory, so rows that are
// used again allocate nothing.
func FromEvent(row *Row, shard string, r *event.Record, e *event.Event) {
	*row = Row{
		ShardID:         shard,
		SequenceNumber:  padded(r.SequenceNumber),
		SubSequence:     int32(e.Sub),
		Line:            int32(e.Line),
		PartitionKey:    e.PartitionKey,
		ExplicitHashKey: unlessEmpty(&e.ExplicitHashKey),
		ArrivalTime:     r.Arrival,
		KeyID:           unlessEmpty(&e.KeyID),
		BrowseHistory:   row.BrowseHistory[:0],
	}
	if e.Err != nil {
		row.BrowseHistory = nil
		row.Error = new(e.Err.Error())
		row.Raw = &e.Raw
		return
	}
	row.EventTime = e.EventTime.Ptr()
	row.EventID = e.EventID.Ptr()
	row.SessionID = &e.SessionID
	row.CustomerID = e.CustomerID.Ptr()
	row.City = e.City.Ptr()
	row.Country = e.Country.Ptr()
	row.CreditLimit = (*int64)(e.CreditLimit.Ptr())
	row.Extra = unlessEmpty(&e.Extra)
	row.BrowseHistory = fromHistory(row.BrowseHistory, e.History)
}

// fromHistory keeps nil and empty apart.
func fromHistory(dst []Entry, history []event.Entry) []Entry {
	if history == nil {
		return nil
	}
	if dst == nil {
		dst = make([]Entry, 0, len(history))
	}
	for i := range history {
		x := &history[i]
		dst = append(dst, Entry{
			ProductCode:    x.ProductCode.Ptr(),
			Quantity:       x.Quantity.Ptr(),
			InShoppingCart: x.InCart.Ptr(),
			Event:          &typeNames[x.Type],
			Category:       x.Category.Ptr(),
			Brand:          x.Brand.Ptr(),
			Price:          (*int64)(x.Price.Ptr()),
			Currency:       x.Currency.Ptr(),
			Extra:          unlessEmpty(&x.Extra),
		})
	}
	return dst
}

func unlessEmpty(s *string) *string {
	if *s == "" {
		return nil
	}
	return s
}

// padded is what chain.Pad gives. A number that chain.Pad refuses stays as it is: its shard stops when its batch needs a key.
func padded(sequence string) string {
	if n := chain.SequenceWidth - len(sequence); n > 0 {
		return strings.Repeat("0", n) + sequence
	}
	return sequence
}
