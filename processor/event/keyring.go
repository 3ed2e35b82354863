package event

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
)

// ErrNoKey means that a value was sealed with a key that is not at hand.
var ErrNoKey = errors.New("the key that sealed it is not at hand")

// Keyring opens what any of several keys has sealed. After a rotation the old keys open the rows from before it, whose
// key_id names them. The zero Keyring is empty.
type Keyring struct{ keys map[string]*Privacy }

// NewKeyring returns a Keyring of these keys; nil ones are left out.
func NewKeyring(keys ...*Privacy) Keyring {
	k := Keyring{map[string]*Privacy{}}
	for _, p := range keys {
		if p != nil {
			k.keys[p.KeyID()] = p
		}
	}
	return k
}

// IDs returns the ids of the keys, in order.
func (k Keyring) IDs() []string { return slices.Sorted(maps.Keys(k.keys)) }

// Open opens the raw column of a row whose key_id is id. A value without key id was never sealed and comes back as it is.
// The error is ErrNoKey or ErrSealed.
func (k Keyring) Open(id string, raw []byte) ([]byte, error) {
	if id == "" {
		return raw, nil
	}
	p, err := k.key(id)
	if err != nil {
		return nil, err
	}
	return p.Open(raw)
}

// OpenExtra opens an extra column of a row whose key_id is id, in the same way.
func (k Keyring) OpenExtra(id, extra string) (string, error) {
	if id == "" {
		return extra, nil
	}
	p, err := k.key(id)
	if err != nil {
		return "", err
	}
	return p.OpenExtra(extra)
}

// Pseudonyms yields the id of each key, in order, with the pseudonym of a customer number under it.
func (k Keyring) Pseudonyms(customer string) iter.Seq2[string, string] {
	return func(yield func(id, pseudonym string) bool) {
		for _, id := range k.IDs() {
			if !yield(id, k.keys[id].Pseudonym(customer)) {
				return
			}
		}
	}
}

func (k Keyring) key(id string) (*Privacy, error) {
	p, ok := k.keys[id]
	if !ok {
		return nil, fmt.Errorf("key %s: %w", id, ErrNoKey)
	}
	return p, nil
}
