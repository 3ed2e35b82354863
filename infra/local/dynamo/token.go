package dynamo

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"time"
)

const (
	maxToken = 36
	// tokenLife is how long a ClientRequestToken makes a transaction idempotent.
	tokenLife = 10 * time.Minute
)

// savedToken is a ClientRequestToken whose transaction has been performed.
type savedToken struct {
	Token  string
	Digest string // of the transaction's elements
	At     time.Time
}

// tokens holds performed transactions by token, for tokenLife.
type tokens map[string]savedToken

// begin decides about a request: repeated when its transaction has been performed, an error when the token belongs to
// another transaction, else the token to save with the writes, which is nil for a request without one.
func (t tokens) begin(token string, items json.RawMessage, now time.Time) (fresh *savedToken, repeated bool, err error) {
	maps.DeleteFunc(t, func(_ string, s savedToken) bool { return now.Sub(s.At) >= tokenLife })
	if token == "" {
		return nil, false, nil
	}
	digest, err := digestOf(items)
	if err != nil {
		return nil, false, err
	}
	known, ok := t[token]
	switch {
	case !ok:
		return &savedToken{token, digest, now}, false, nil
	case known.Digest == digest:
		return nil, true, nil
	default:
		return nil, false, refuse(dynamoSpace+"IdempotentParameterMismatchException",
			"The request uses the same client token as a previous, but non-identical request.")
	}
}

// add remembers a performed transaction.
func (t tokens) add(s savedToken) { t[s.Token] = s }

// saved is all tokens, oldest first.
func (t tokens) saved() []savedToken {
	return slices.SortedFunc(maps.Values(t), func(a, b savedToken) int { return a.At.Compare(b.At) })
}

// digestOf identifies JSON up to the order of members and white space.
func digestOf(items json.RawMessage) (string, error) {
	d := json.NewDecoder(bytes.NewReader(items))
	d.UseNumber()
	var parsed any
	if err := d.Decode(&parsed); err != nil {
		return "", malformed("Unexpected token received from parser")
	}
	canonical, err := json.Marshal(parsed)
	if err != nil {
		return "", malformed("Unexpected token received from parser")
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:]), nil
}
