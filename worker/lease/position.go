package lease

import "strconv"

// PositionType says how a Position's value is to be read. The names are those of the Kinesis API and of the KCL.
type PositionType string

// The position types that a lease row holds. LATEST is never stored: it is resolved once, to AT_TIMESTAMP; a closed shard has its end there.
const (
	TrimHorizon         PositionType = "TRIM_HORIZON"          // the oldest record that the stream still has
	AtTimestamp         PositionType = "AT_TIMESTAMP"          // the first record that arrived at Value, Unix milliseconds, or later
	AtSequenceNumber    PositionType = "AT_SEQUENCE_NUMBER"    // the record with sequence number Value
	AfterSequenceNumber PositionType = "AFTER_SEQUENCE_NUMBER" // the first record after the one with sequence number Value
	Latest              PositionType = "LATEST"                // behind the newest record
	ShardEnd            PositionType = "SHARD_END"             // nothing: all records have been processed, and committed
)

// Position is a place in a shard. As the checkpoint of a lease it is a bookmark: it may lag behind the log, it never leads.
type Position struct {
	Type  PositionType // how Value is to be read
	Value string       // a sequence number, decimal, or Unix ms; empty with TRIM_HORIZON, LATEST and SHARD_END
	Hour  int64        // hour, since the Unix epoch, of the log's link that ends at Value; with AFTER_SEQUENCE_NUMBER only
}

// At returns the position of the first record that arrived at ms, Unix milliseconds, or later.
func At(ms int64) Position {
	return Position{Type: AtTimestamp, Value: strconv.FormatInt(ms, 10)}
}

// After returns the position after a record whose link lies in hour.
func After(sequence string, hour int64) Position {
	return Position{Type: AfterSequenceNumber, Value: sequence, Hour: hour}
}

// String returns the position for people.
func (p Position) String() string {
	if p.Value == "" {
		return string(p.Type)
	}
	return string(p.Type) + " " + p.Value
}
