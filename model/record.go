package model

import (
	"crypto/sha256"
	"encoding/hex"
)

const (
	// MaxIDBytes is the longest session or item id that is kept as it is. A longer session id is replaced by
	// [LongSessionID]; an interaction with a longer (or empty) item id is ignored, because an item that cannot be named
	// cannot be recommended.
	MaxIDBytes = 128

	// SessionFacts is the number of distinct items for which one visit makes facts. A visit that goes on (a robot, or
	// somebody who browses all day) makes no more facts; its later items still steer its own recommendations.
	SessionFacts = 64

	// followed is how many items past SessionFacts a visit remembers.
	followed = 16
)

// A Record is one user record of the stream: what one session did, in order. It may be one step or a whole history,
// and it may name an item repeatedly.
//
// A session id that comes back after SessionTTL of silence begins a new visit. A visit is what the model knows as a
// session: facts of two visits never join. This is what keeps the first touch of an item in a session unique, however
// much of the session's past a model has forgotten.
type Record struct {
	Session   string
	ArrivalMs int64     // milliseconds since 1970, assigned by the stream
	HashKey   [2]uint64 // the 128-bit key, high word first, that decides which shard owns the session; kept, not used
	Items     []Interaction
}

// An Interaction is one entry of a record. Category and Brand may be empty.
type Interaction struct {
	Item            string
	Type            EventType
	Category, Brand string
}

// LongSessionID returns the id under which a model knows a session: the id itself, or "sha256:" and the digest in
// hexadecimal if it is longer than MaxIDBytes.
func LongSessionID(id string) string {
	if len(id) <= MaxIDBytes {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return "sha256:" + hex.EncodeToString(sum[:])
}
