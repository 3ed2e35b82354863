package table

import "time"

// Row is one user record with what was computed for it, as it stands in the file. Pointers are nullable columns; they may
// point into an event.Event, so a Row is valid as long as the events it was made from. Field ids are for ever: a column is
// added with the next free id, nullable, and none is removed, renamed or reused.
type Row struct {
	// Identity: unique together within a generation.
	ShardID        string `parquet:"shard_id,id(1),dict"`
	SequenceNumber string `parquet:"sequence_number,id(2)"` // of the Kinesis record, zero-padded: see chain.Pad
	SubSequence    int32  `parquet:"sub_sequence,id(3)"`    // position in a KPL aggregate, else 0
	Line           int32  `parquet:"line,id(4)"`            // line of a newline-delimited payload, else 0

	PartitionKey    string     `parquet:"partition_key,id(5),dict"`
	ExplicitHashKey *string    `parquet:"explicit_hash_key,id(6),optional"` // decimal; known for KPL sub-records only
	ArrivalTime     time.Time  `parquet:"arrival_time,id(7),timestamp(microsecond)"`
	EventTime       *time.Time `parquet:"event_time,id(8),timestamp(microsecond),optional"`
	EventID         *string    `parquet:"event_id,id(9),optional"`
	SessionID       *string    `parquet:"session_id,id(10),optional,dict"` // null when the record could not be decoded
	CustomerID      *string    `parquet:"customer_id,id(11),optional,dict"`
	KeyID           *string    `parquet:"key_id,id(12),optional,dict"` // of the key behind customer_id, extra and raw
	City            *string    `parquet:"city,id(13),optional,dict"`
	Country         *string    `parquet:"country,id(14),optional,dict"`
	CreditLimit     *int64     `parquet:"credit_limit,id(15),decimal(4:18),optional"` // ten-thousandths

	// Lists. Nil is null.
	BrowseHistory   []Entry          `parquet:"browse_history,id(16),list,optional" parquet-element:",id(17)"`
	Recommendations []Recommendation `parquet:"recommendations,id(18),list,optional" parquet-element:",id(19)"` // best first

	ModelVersion *int32 `parquet:"model_version,id(20),optional"` // the footer says what it stands for
	Duplicate    bool   `parquet:"duplicate,id(21)"`              // event_id was seen before in the session

	Extra *string `parquet:"extra,id(22),optional"`      // a JSON object of what has no column
	Error *string `parquet:"error,id(23),optional,dict"` // class: reason
	Raw   *[]byte `parquet:"raw,id(24),optional"`        // the bytes of a record that could not be decoded

	// VisitStarted is when the visit began that the record belongs to, to the second: model.Fact.Visit. A session that comes back after a
	// long silence begins another visit. Null when the model has learnt nothing from the record.
	VisitStarted *time.Time `parquet:"visit_started,id(36),timestamp(microsecond),optional"`
}

// Entry is one step of a browse history. It is all null for an entry {}, but for Event.
type Entry struct {
	ProductCode    *string `parquet:"product_code,id(25),optional,dict"`
	Quantity       *int64  `parquet:"quantity,id(26),optional"`
	InShoppingCart *bool   `parquet:"in_shopping_cart,id(27),optional"`
	Event          *string `parquet:"event,id(28),optional,dict"` // view, cart or purchase
	Category       *string `parquet:"category,id(29),optional,dict"`
	Brand          *string `parquet:"brand,id(30),optional,dict"`
	Price          *int64  `parquet:"price,id(31),decimal(4:18),optional"` // ten-thousandths
	Currency       *string `parquet:"currency,id(32),optional,dict"`
	Extra          *string `parquet:"extra,id(33),optional"` // a JSON object of what has no column

	// TouchOffset is there when the model made a fact of the entry: the item was new in the visit, or more was done with it than before. It
	// is the fact's model.Touch minus that of ArrivalTime: 0, or a small number, for the first touch; negative for an earlier one.
	TouchOffset *int64 `parquet:"touch_offset,id(37),optional"`
}

// Recommendation is one recommended product. Scores compare within one model version only.
type Recommendation struct {
	ProductCode string  `parquet:"product_code,id(34),dict"`
	Score       float64 `parquet:"score,id(35)"`
}
