package table

import (
	"fmt"
	"strings"
	"time"

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

// Input is what FromEvent sets of a Row, with the columns of the same names.
type Input struct {
	SequenceNumber  string     `parquet:"sequence_number,id(2)"`
	SubSequence     int32      `parquet:"sub_sequence,id(3)"`
	Line            int32      `parquet:"line,id(4)"`
	PartitionKey    string     `parquet:"partition_key,id(5),dict"`
	ExplicitHashKey *string    `parquet:"explicit_hash_key,id(6),optional"`
	ArrivalTime     time.Time  `parquet:"arrival_time,id(7),timestamp(microsecond)"`
	EventTime       *time.Time `parquet:"event_time,id(8),timestamp(microsecond),optional"`
	EventID         *string    `parquet:"event_id,id(9),optional"`
	SessionID       *string    `parquet:"session_id,id(10),optional,dict"`
	CustomerID      *string    `parquet:"customer_id,id(11),optional,dict"`
	KeyID           *string    `parquet:"key_id,id(12),optional,dict"`
	City            *string    `parquet:"city,id(13),optional,dict"`
	Country         *string    `parquet:"country,id(14),optional,dict"`
	CreditLimit     *int64     `parquet:"credit_limit,id(15),decimal(4:18),optional"`
	BrowseHistory   []Entry    `parquet:"browse_history,id(16),list,optional" parquet-element:",id(17)"`
	Extra           *string    `parquet:"extra,id(22),optional"`
	Error           *string    `parquet:"error,id(23),optional,dict"`
	Raw             *[]byte    `parquet:"raw,id(24),optional"`
}

// ToEvent is the inverse of FromEvent: it sets e to the event that a row was made from, and returns the record in which that was, without its data. The event
// points into the row. An error says that the row is none that FromEvent makes.
func ToEvent(e *event.Event, row *Input) (event.Record, error) {
	r := event.Record{SequenceNumber: chain.Unpad(row.SequenceNumber), PartitionKey: row.PartitionKey, Arrival: row.ArrivalTime}
	*e = event.Event{
		Sub: int(row.SubSequence), Line: int(row.Line), PartitionKey: row.PartitionKey, ExplicitHashKey: deref(row.ExplicitHashKey), KeyID: deref(row.KeyID),
		HashKey: event.HashOf(row.PartitionKey), History: e.History[:0],
	}
	if e.ExplicitHashKey != "" {
		key, err := event.ParseHashKey(e.ExplicitHashKey)
		if err != nil {
			return r, fmt.Errorf("row %s has the explicit hash key %q: %w", row.SequenceNumber, e.ExplicitHashKey, err)
		}
		e.HashKey = key
	}
	switch {
	case row.Error != nil && row.Raw != nil:
		class, reason, _ := strings.Cut(*row.Error, ": ")
		e.Err, e.Raw, e.History = &event.Error{Class: event.Class(class), Reason: reason}, *row.Raw, nil
		return r, nil
	case row.Error != nil || row.SessionID == nil:
		return r, fmt.Errorf("row %s has neither a session nor an error with what it is about", row.SequenceNumber)
	}
	e.SessionID, e.EventID, e.EventTime, e.CustomerID = *row.SessionID, opt(row.EventID), opt(row.EventTime), opt(row.CustomerID)
	e.City, e.Country, e.CreditLimit = opt(row.City), opt(row.Country), opt((*event.Decimal)(row.CreditLimit))
	e.Extra = deref(row.Extra)
	e.History = toHistory(e.History, row.BrowseHistory)
	return r, nil
}

func toHistory(dst []event.Entry, history []Entry) []event.Entry {
	if history == nil {
		return nil
	}
	if dst == nil {
		dst = make([]event.Entry, 0, len(history))
	}
	for i := range history {
		x := &history[i]
		typ, _ := event.ParseType(deref(x.Event))
		dst = append(dst, event.Entry{
			ProductCode: opt(x.ProductCode), Quantity: opt(x.Quantity), InCart: opt(x.InShoppingCart), Type: typ,
			Category: opt(x.Category), Brand: opt(x.Brand), Price: opt((*event.Decimal)(x.Price)), Currency: opt(x.Currency), Extra: deref(x.Extra),
		})
	}
	return dst
}

func opt[T any](p *T) event.Opt[T] {
	if p == nil {
		return event.Opt[T]{}
	}
	return event.Some(*p)
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
